// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface ReplicaFrame {
  'kind'?: (number);
  'lineage'?: (string);
  'term'?: (number);
  'seq'?: (number | string);
  'hash'?: (Buffer | Uint8Array | string);
  'mac'?: (Buffer | Uint8Array | string);
  'contentHash'?: (Buffer | Uint8Array | string);
  'sizeBytes'?: (number | string);
  'part'?: (number);
  'lastPart'?: (boolean);
  'data'?: (Buffer | Uint8Array | string);
  'begins'?: (boolean);
}

export interface ReplicaFrame__Output {
  'kind': (number);
  'lineage': (string);
  'term': (number);
  'seq': (number);
  'hash': (Buffer);
  'mac': (Buffer);
  'contentHash': (Buffer);
  'sizeBytes': (number);
  'part': (number);
  'lastPart': (boolean);
  'data': (Buffer);
  'begins': (boolean);
}
