// Original file: proto/tagmill/v1/executor.proto


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
