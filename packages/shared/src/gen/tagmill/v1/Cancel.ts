// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface Cancel {
  'fanOut'?: (number);
  'shards'?: (number)[];
  'tokens'?: (number | string)[];
  'why'?: (string);
}

export interface Cancel__Output {
  'fanOut': (number);
  'shards': (number)[];
  'tokens': (number)[];
  'why': (string);
}
