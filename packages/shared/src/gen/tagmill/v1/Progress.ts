// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface Progress {
  'fanOut'?: (number);
  'shard'?: (number);
  'token'?: (number | string);
  'fraction'?: (number | string);
  'text'?: (string);
}

export interface Progress__Output {
  'fanOut': (number);
  'shard': (number);
  'token': (number);
  'fraction': (number);
  'text': (string);
}
