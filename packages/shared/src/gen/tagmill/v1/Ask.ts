// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface Ask {
  'question'?: (number);
  'requestJson'?: (string);
  'jobName'?: (string);
}

export interface Ask__Output {
  'question': (number);
  'requestJson': (string);
  'jobName': (string);
}
