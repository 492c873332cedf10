// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface Held {
  'fanOut'?: (number);
  'shards'?: (number)[];
  'tokens'?: (number | string)[];
}

export interface Held__Output {
  'fanOut': (number);
  'shards': (number)[];
  'tokens': (number)[];
}
