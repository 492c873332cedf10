// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


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
