// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface ReplicaAck {
  'lineage'?: (string);
  'seq'?: (number | string);
  'snapshotSeq'?: (number | string);
  'bytes'?: (number | string);
  'problem'?: (string);
}

export interface ReplicaAck__Output {
  'lineage': (string);
  'seq': (number);
  'snapshotSeq': (number);
  'bytes': (number);
  'problem': (string);
}
