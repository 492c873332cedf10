// Original file: proto/tagmill/v1/executor.proto


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
