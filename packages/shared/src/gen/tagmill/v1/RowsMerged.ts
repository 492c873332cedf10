// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface RowsMerged {
  'request'?: (number);
  'batches'?: (number);
  'done'?: (boolean);
  'failed'?: (boolean);
  'resultJson'?: (string);
}

export interface RowsMerged__Output {
  'request': (number);
  'batches': (number);
  'done': (boolean);
  'failed': (boolean);
  'resultJson': (string);
}
