// Original file: proto/tagmill/v1/executor.proto


export interface Dispatch {
  'runId'?: (string);
  'pass'?: (number);
  'step'?: (string);
  'fanOut'?: (number);
  'firstToken'?: (number | string);
  'shards'?: (number)[];
  'attempts'?: (number)[];
  'scope'?: (number)[];
  'pieceHashes'?: (string)[];
  'term'?: (number);
}

export interface Dispatch__Output {
  'runId': (string);
  'pass': (number);
  'step': (string);
  'fanOut': (number);
  'firstToken': (number);
  'shards': (number)[];
  'attempts': (number)[];
  'scope': (number)[];
  'pieceHashes': (string)[];
  'term': (number);
}
