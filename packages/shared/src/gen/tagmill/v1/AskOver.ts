// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface AskOver {
  'question'?: (number);
  'jobName'?: (string);
}

export interface AskOver__Output {
  'question': (number);
  'jobName': (string);
}
