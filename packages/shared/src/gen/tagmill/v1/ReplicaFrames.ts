// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.

import type { ReplicaFrame as _tagmill_v1_ReplicaFrame, ReplicaFrame__Output as _tagmill_v1_ReplicaFrame__Output } from '../../tagmill/v1/ReplicaFrame.ts';

export interface ReplicaFrames {
  'frames'?: (_tagmill_v1_ReplicaFrame)[];
}

export interface ReplicaFrames__Output {
  'frames': (_tagmill_v1_ReplicaFrame__Output)[];
}
