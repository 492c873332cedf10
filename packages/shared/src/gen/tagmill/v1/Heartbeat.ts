// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface Heartbeat {
  'cpuPercent'?: (number | string);
  'memoryBytes'?: (number | string);
  'loopLagMs'?: (number | string);
  'slotsUsed'?: (number);
}

export interface Heartbeat__Output {
  'cpuPercent': (number);
  'memoryBytes': (number);
  'loopLagMs': (number);
  'slotsUsed': (number);
}
