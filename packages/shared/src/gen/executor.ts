import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { BlobPart as _tagmill_v1_BlobPart, BlobPart__Output as _tagmill_v1_BlobPart__Output } from './tagmill/v1/BlobPart.ts';
import type { Cancel as _tagmill_v1_Cancel, Cancel__Output as _tagmill_v1_Cancel__Output } from './tagmill/v1/Cancel.ts';
import type { Confirm as _tagmill_v1_Confirm, Confirm__Output as _tagmill_v1_Confirm__Output } from './tagmill/v1/Confirm.ts';
import type { Dispatch as _tagmill_v1_Dispatch, Dispatch__Output as _tagmill_v1_Dispatch__Output } from './tagmill/v1/Dispatch.ts';
import type { Drain as _tagmill_v1_Drain, Drain__Output as _tagmill_v1_Drain__Output } from './tagmill/v1/Drain.ts';
import type { Draining as _tagmill_v1_Draining, Draining__Output as _tagmill_v1_Draining__Output } from './tagmill/v1/Draining.ts';
import type { ExecutorServiceClient as _tagmill_v1_ExecutorServiceClient, ExecutorServiceDefinition as _tagmill_v1_ExecutorServiceDefinition } from './tagmill/v1/ExecutorService.ts';
import type { FromExecutor as _tagmill_v1_FromExecutor, FromExecutor__Output as _tagmill_v1_FromExecutor__Output } from './tagmill/v1/FromExecutor.ts';
import type { FromManager as _tagmill_v1_FromManager, FromManager__Output as _tagmill_v1_FromManager__Output } from './tagmill/v1/FromManager.ts';
import type { Heartbeat as _tagmill_v1_Heartbeat, Heartbeat__Output as _tagmill_v1_Heartbeat__Output } from './tagmill/v1/Heartbeat.ts';
import type { Held as _tagmill_v1_Held, Held__Output as _tagmill_v1_Held__Output } from './tagmill/v1/Held.ts';
import type { Hello as _tagmill_v1_Hello, Hello__Output as _tagmill_v1_Hello__Output } from './tagmill/v1/Hello.ts';
import type { PassOver as _tagmill_v1_PassOver, PassOver__Output as _tagmill_v1_PassOver__Output } from './tagmill/v1/PassOver.ts';
import type { Progress as _tagmill_v1_Progress, Progress__Output as _tagmill_v1_Progress__Output } from './tagmill/v1/Progress.ts';
import type { Pulse as _tagmill_v1_Pulse, Pulse__Output as _tagmill_v1_Pulse__Output } from './tagmill/v1/Pulse.ts';
import type { Refused as _tagmill_v1_Refused, Refused__Output as _tagmill_v1_Refused__Output } from './tagmill/v1/Refused.ts';
import type { Rows as _tagmill_v1_Rows, Rows__Output as _tagmill_v1_Rows__Output } from './tagmill/v1/Rows.ts';
import type { RowsMerged as _tagmill_v1_RowsMerged, RowsMerged__Output as _tagmill_v1_RowsMerged__Output } from './tagmill/v1/RowsMerged.ts';
import type { ShardResults as _tagmill_v1_ShardResults, ShardResults__Output as _tagmill_v1_ShardResults__Output } from './tagmill/v1/ShardResults.ts';
import type { TemplateWanted as _tagmill_v1_TemplateWanted, TemplateWanted__Output as _tagmill_v1_TemplateWanted__Output } from './tagmill/v1/TemplateWanted.ts';
import type { Welcome as _tagmill_v1_Welcome, Welcome__Output as _tagmill_v1_Welcome__Output } from './tagmill/v1/Welcome.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  tagmill: {
    v1: {
      BlobPart: MessageTypeDefinition<_tagmill_v1_BlobPart, _tagmill_v1_BlobPart__Output>
      Cancel: MessageTypeDefinition<_tagmill_v1_Cancel, _tagmill_v1_Cancel__Output>
      Confirm: MessageTypeDefinition<_tagmill_v1_Confirm, _tagmill_v1_Confirm__Output>
      Dispatch: MessageTypeDefinition<_tagmill_v1_Dispatch, _tagmill_v1_Dispatch__Output>
      Drain: MessageTypeDefinition<_tagmill_v1_Drain, _tagmill_v1_Drain__Output>
      Draining: MessageTypeDefinition<_tagmill_v1_Draining, _tagmill_v1_Draining__Output>
      ExecutorService: SubtypeConstructor<typeof grpc.Client, _tagmill_v1_ExecutorServiceClient> & { service: _tagmill_v1_ExecutorServiceDefinition }
      FromExecutor: MessageTypeDefinition<_tagmill_v1_FromExecutor, _tagmill_v1_FromExecutor__Output>
      FromManager: MessageTypeDefinition<_tagmill_v1_FromManager, _tagmill_v1_FromManager__Output>
      Heartbeat: MessageTypeDefinition<_tagmill_v1_Heartbeat, _tagmill_v1_Heartbeat__Output>
      Held: MessageTypeDefinition<_tagmill_v1_Held, _tagmill_v1_Held__Output>
      Hello: MessageTypeDefinition<_tagmill_v1_Hello, _tagmill_v1_Hello__Output>
      PassOver: MessageTypeDefinition<_tagmill_v1_PassOver, _tagmill_v1_PassOver__Output>
      Progress: MessageTypeDefinition<_tagmill_v1_Progress, _tagmill_v1_Progress__Output>
      Pulse: MessageTypeDefinition<_tagmill_v1_Pulse, _tagmill_v1_Pulse__Output>
      Refused: MessageTypeDefinition<_tagmill_v1_Refused, _tagmill_v1_Refused__Output>
      Rows: MessageTypeDefinition<_tagmill_v1_Rows, _tagmill_v1_Rows__Output>
      RowsMerged: MessageTypeDefinition<_tagmill_v1_RowsMerged, _tagmill_v1_RowsMerged__Output>
      ShardResults: MessageTypeDefinition<_tagmill_v1_ShardResults, _tagmill_v1_ShardResults__Output>
      TemplateWanted: MessageTypeDefinition<_tagmill_v1_TemplateWanted, _tagmill_v1_TemplateWanted__Output>
      Welcome: MessageTypeDefinition<_tagmill_v1_Welcome, _tagmill_v1_Welcome__Output>
    }
  }
}

