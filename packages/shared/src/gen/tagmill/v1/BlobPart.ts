// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface BlobPart {
  'name'?: (string);
  'index'?: (number);
  'last'?: (boolean);
  'data'?: (Buffer | Uint8Array | string);
}

export interface BlobPart__Output {
  'name': (string);
  'index': (number);
  'last': (boolean);
  'data': (Buffer);
}
