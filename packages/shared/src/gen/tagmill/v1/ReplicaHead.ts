// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface ReplicaHead {
  'lineage'?: (string);
  'term'?: (number);
  'seq'?: (number | string);
  'hash'?: (Buffer | Uint8Array | string);
  'mac'?: (Buffer | Uint8Array | string);
  'snapshotSeq'?: (number | string);
  'sizeBytes'?: (number | string);
  'writtenMs'?: (number | string);
  'contentHash'?: (Buffer | Uint8Array | string);
}

export interface ReplicaHead__Output {
  'lineage': (string);
  'term': (number);
  'seq': (number);
  'hash': (Buffer);
  'mac': (Buffer);
  'snapshotSeq': (number);
  'sizeBytes': (number);
  'writtenMs': (number);
  'contentHash': (Buffer);
}
