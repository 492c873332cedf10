// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.

import type { Hello as _tagmill_v1_Hello, Hello__Output as _tagmill_v1_Hello__Output } from '../../tagmill/v1/Hello.ts';
import type { Heartbeat as _tagmill_v1_Heartbeat, Heartbeat__Output as _tagmill_v1_Heartbeat__Output } from '../../tagmill/v1/Heartbeat.ts';
import type { ShardResults as _tagmill_v1_ShardResults, ShardResults__Output as _tagmill_v1_ShardResults__Output } from '../../tagmill/v1/ShardResults.ts';
import type { Rows as _tagmill_v1_Rows, Rows__Output as _tagmill_v1_Rows__Output } from '../../tagmill/v1/Rows.ts';
import type { Progress as _tagmill_v1_Progress, Progress__Output as _tagmill_v1_Progress__Output } from '../../tagmill/v1/Progress.ts';
import type { Draining as _tagmill_v1_Draining, Draining__Output as _tagmill_v1_Draining__Output } from '../../tagmill/v1/Draining.ts';
import type { BlobPart as _tagmill_v1_BlobPart, BlobPart__Output as _tagmill_v1_BlobPart__Output } from '../../tagmill/v1/BlobPart.ts';
import type { TemplateWanted as _tagmill_v1_TemplateWanted, TemplateWanted__Output as _tagmill_v1_TemplateWanted__Output } from '../../tagmill/v1/TemplateWanted.ts';
import type { ReplicaAck as _tagmill_v1_ReplicaAck, ReplicaAck__Output as _tagmill_v1_ReplicaAck__Output } from '../../tagmill/v1/ReplicaAck.ts';
import type { Answer as _tagmill_v1_Answer, Answer__Output as _tagmill_v1_Answer__Output } from '../../tagmill/v1/Answer.ts';

export interface FromExecutor {
  'seq'?: (number);
  'ack'?: (number);
  'hello'?: (_tagmill_v1_Hello | null);
  'heartbeat'?: (_tagmill_v1_Heartbeat | null);
  'results'?: (_tagmill_v1_ShardResults | null);
  'rows'?: (_tagmill_v1_Rows | null);
  'progress'?: (_tagmill_v1_Progress | null);
  'draining'?: (_tagmill_v1_Draining | null);
  'blobPart'?: (_tagmill_v1_BlobPart | null);
  'templateWanted'?: (_tagmill_v1_TemplateWanted | null);
  'replicaAck'?: (_tagmill_v1_ReplicaAck | null);
  'answer'?: (_tagmill_v1_Answer | null);
  'message'?: "hello"|"heartbeat"|"results"|"rows"|"progress"|"draining"|"blobPart"|"templateWanted"|"replicaAck"|"answer";
}

export interface FromExecutor__Output {
  'seq': (number);
  'ack': (number);
  'hello'?: (_tagmill_v1_Hello__Output | null);
  'heartbeat'?: (_tagmill_v1_Heartbeat__Output | null);
  'results'?: (_tagmill_v1_ShardResults__Output | null);
  'rows'?: (_tagmill_v1_Rows__Output | null);
  'progress'?: (_tagmill_v1_Progress__Output | null);
  'draining'?: (_tagmill_v1_Draining__Output | null);
  'blobPart'?: (_tagmill_v1_BlobPart__Output | null);
  'templateWanted'?: (_tagmill_v1_TemplateWanted__Output | null);
  'replicaAck'?: (_tagmill_v1_ReplicaAck__Output | null);
  'answer'?: (_tagmill_v1_Answer__Output | null);
  'message'?: "hello"|"heartbeat"|"results"|"rows"|"progress"|"draining"|"blobPart"|"templateWanted"|"replicaAck"|"answer";
}
