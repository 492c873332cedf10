// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface PassOver {
  'runId'?: (string);
  'pass'?: (number);
}

export interface PassOver__Output {
  'runId': (string);
  'pass': (number);
}
