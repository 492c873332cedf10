// Original file: proto/tagmill/v1/executor.proto


export interface PassOver {
  'runId'?: (string);
  'pass'?: (number);
}

export interface PassOver__Output {
  'runId': (string);
  'pass': (number);
}
