// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface ShardResults {
  'fanOut'?: (number);
  'shards'?: (number)[];
  'tokens'?: (number | string)[];
  'status'?: (Buffer | Uint8Array | string);
  'details'?: (string)[];
}

export interface ShardResults__Output {
  'fanOut': (number);
  'shards': (number)[];
  'tokens': (number)[];
  'status': (Buffer);
  'details': (string)[];
}
