// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface Rows {
  'request'?: (number);
  'runId'?: (string);
  'pass'?: (number);
  'commandJson'?: (string);
  'users'?: (number);
  'words'?: (number);
  'part'?: (number);
  'lastPart'?: (boolean);
  'lastBatch'?: (boolean);
  'data'?: (Buffer | Uint8Array | string);
}

export interface Rows__Output {
  'request': (number);
  'runId': (string);
  'pass': (number);
  'commandJson': (string);
  'users': (number);
  'words': (number);
  'part': (number);
  'lastPart': (boolean);
  'lastBatch': (boolean);
  'data': (Buffer);
}
