// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface Welcome {
  'term'?: (number);
  'lineage'?: (string);
  'heartbeatMs'?: (number);
  'leaseMs'?: (number);
  'connectionsJson'?: (string);
  'stopMs'?: (number);
  'attemptMs'?: (number);
}

export interface Welcome__Output {
  'term': (number);
  'lineage': (string);
  'heartbeatMs': (number);
  'leaseMs': (number);
  'connectionsJson': (string);
  'stopMs': (number);
  'attemptMs': (number);
}
