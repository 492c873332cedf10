// Original file: proto/tagmill/v1/executor.proto


export interface Refused {
  'code'?: (string);
  'message'?: (string);
  'retryAfterMs'?: (number);
}

export interface Refused__Output {
  'code': (string);
  'message': (string);
  'retryAfterMs': (number);
}
