// Original file: proto/tagmill/v1/executor.proto


export interface Confirm {
  'fanOut'?: (number);
  'shards'?: (number)[];
  'tokens'?: (number | string)[];
}

export interface Confirm__Output {
  'fanOut': (number);
  'shards': (number)[];
  'tokens': (number)[];
}
