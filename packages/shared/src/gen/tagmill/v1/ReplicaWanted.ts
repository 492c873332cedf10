// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface ReplicaWanted {
  'lineage'?: (string);
  'ticket'?: (string);
}

export interface ReplicaWanted__Output {
  'lineage': (string);
  'ticket': (string);
}
