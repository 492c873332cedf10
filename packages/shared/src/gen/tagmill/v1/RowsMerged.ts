// Original file: proto/tagmill/v1/executor.proto


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
