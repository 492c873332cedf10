// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.

import type { Held as _tagmill_v1_Held, Held__Output as _tagmill_v1_Held__Output } from '../../tagmill/v1/Held.ts';
import type { ReplicaHead as _tagmill_v1_ReplicaHead, ReplicaHead__Output as _tagmill_v1_ReplicaHead__Output } from '../../tagmill/v1/ReplicaHead.ts';

export interface Hello {
  'executorId'?: (string);
  'name'?: (string);
  'instance'?: (string);
  'slots'?: (number);
  'softwareVersion'?: (string);
  'protocolVersion'?: (number);
  'labels'?: ({[key: string]: string});
  'joinToken'?: (string);
  'held'?: (_tagmill_v1_Held)[];
  'lineage'?: (string);
  'copies'?: (_tagmill_v1_ReplicaHead)[];
}

export interface Hello__Output {
  'executorId': (string);
  'name': (string);
  'instance': (string);
  'slots': (number);
  'softwareVersion': (string);
  'protocolVersion': (number);
  'labels': ({[key: string]: string});
  'joinToken': (string);
  'held': (_tagmill_v1_Held__Output)[];
  'lineage': (string);
  'copies': (_tagmill_v1_ReplicaHead__Output)[];
}
