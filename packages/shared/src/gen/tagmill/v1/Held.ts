// Original file: proto/tagmill/v1/executor.proto


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
