// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.

import type { Welcome as _tagmill_v1_Welcome, Welcome__Output as _tagmill_v1_Welcome__Output } from '../../tagmill/v1/Welcome.ts';
import type { Refused as _tagmill_v1_Refused, Refused__Output as _tagmill_v1_Refused__Output } from '../../tagmill/v1/Refused.ts';
import type { BlobPart as _tagmill_v1_BlobPart, BlobPart__Output as _tagmill_v1_BlobPart__Output } from '../../tagmill/v1/BlobPart.ts';
import type { Dispatch as _tagmill_v1_Dispatch, Dispatch__Output as _tagmill_v1_Dispatch__Output } from '../../tagmill/v1/Dispatch.ts';
import type { Confirm as _tagmill_v1_Confirm, Confirm__Output as _tagmill_v1_Confirm__Output } from '../../tagmill/v1/Confirm.ts';
import type { Cancel as _tagmill_v1_Cancel, Cancel__Output as _tagmill_v1_Cancel__Output } from '../../tagmill/v1/Cancel.ts';
import type { PassOver as _tagmill_v1_PassOver, PassOver__Output as _tagmill_v1_PassOver__Output } from '../../tagmill/v1/PassOver.ts';
import type { RowsMerged as _tagmill_v1_RowsMerged, RowsMerged__Output as _tagmill_v1_RowsMerged__Output } from '../../tagmill/v1/RowsMerged.ts';
import type { Drain as _tagmill_v1_Drain, Drain__Output as _tagmill_v1_Drain__Output } from '../../tagmill/v1/Drain.ts';
import type { Pulse as _tagmill_v1_Pulse, Pulse__Output as _tagmill_v1_Pulse__Output } from '../../tagmill/v1/Pulse.ts';
import type { ReplicaWanted as _tagmill_v1_ReplicaWanted, ReplicaWanted__Output as _tagmill_v1_ReplicaWanted__Output } from '../../tagmill/v1/ReplicaWanted.ts';
import type { ReplicaFrames as _tagmill_v1_ReplicaFrames, ReplicaFrames__Output as _tagmill_v1_ReplicaFrames__Output } from '../../tagmill/v1/ReplicaFrames.ts';
import type { Ask as _tagmill_v1_Ask, Ask__Output as _tagmill_v1_Ask__Output } from '../../tagmill/v1/Ask.ts';
import type { AskOver as _tagmill_v1_AskOver, AskOver__Output as _tagmill_v1_AskOver__Output } from '../../tagmill/v1/AskOver.ts';

export interface FromManager {
  'seq'?: (number);
  'ack'?: (number);
  'welcome'?: (_tagmill_v1_Welcome | null);
  'refused'?: (_tagmill_v1_Refused | null);
  'templatePart'?: (_tagmill_v1_BlobPart | null);
  'dispatch'?: (_tagmill_v1_Dispatch | null);
  'confirm'?: (_tagmill_v1_Confirm | null);
  'cancel'?: (_tagmill_v1_Cancel | null);
  'passOver'?: (_tagmill_v1_PassOver | null);
  'rowsMerged'?: (_tagmill_v1_RowsMerged | null);
  'drain'?: (_tagmill_v1_Drain | null);
  'pulse'?: (_tagmill_v1_Pulse | null);
  'replicaWanted'?: (_tagmill_v1_ReplicaWanted | null);
  'replicaFrames'?: (_tagmill_v1_ReplicaFrames | null);
  'ask'?: (_tagmill_v1_Ask | null);
  'askOver'?: (_tagmill_v1_AskOver | null);
  'message'?: "welcome"|"refused"|"templatePart"|"dispatch"|"confirm"|"cancel"|"passOver"|"rowsMerged"|"drain"|"pulse"|"replicaWanted"|"replicaFrames"|"ask"|"askOver";
}

export interface FromManager__Output {
  'seq': (number);
  'ack': (number);
  'welcome'?: (_tagmill_v1_Welcome__Output | null);
  'refused'?: (_tagmill_v1_Refused__Output | null);
  'templatePart'?: (_tagmill_v1_BlobPart__Output | null);
  'dispatch'?: (_tagmill_v1_Dispatch__Output | null);
  'confirm'?: (_tagmill_v1_Confirm__Output | null);
  'cancel'?: (_tagmill_v1_Cancel__Output | null);
  'passOver'?: (_tagmill_v1_PassOver__Output | null);
  'rowsMerged'?: (_tagmill_v1_RowsMerged__Output | null);
  'drain'?: (_tagmill_v1_Drain__Output | null);
  'pulse'?: (_tagmill_v1_Pulse__Output | null);
  'replicaWanted'?: (_tagmill_v1_ReplicaWanted__Output | null);
  'replicaFrames'?: (_tagmill_v1_ReplicaFrames__Output | null);
  'ask'?: (_tagmill_v1_Ask__Output | null);
  'askOver'?: (_tagmill_v1_AskOver__Output | null);
  'message'?: "welcome"|"refused"|"templatePart"|"dispatch"|"confirm"|"cancel"|"passOver"|"rowsMerged"|"drain"|"pulse"|"replicaWanted"|"replicaFrames"|"ask"|"askOver";
}
