// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


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
