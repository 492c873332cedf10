// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface Answer {
  'question'?: (number);
  'failed'?: (boolean);
  'index'?: (number);
  'last'?: (boolean);
  'data'?: (Buffer | Uint8Array | string);
}

export interface Answer__Output {
  'question': (number);
  'failed': (boolean);
  'index': (number);
  'last': (boolean);
  'data': (Buffer);
}
