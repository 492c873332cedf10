// Original file: proto/tagmill/v1/executor.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { FromExecutor as _tagmill_v1_FromExecutor, FromExecutor__Output as _tagmill_v1_FromExecutor__Output } from '../../tagmill/v1/FromExecutor.ts';
import type { FromManager as _tagmill_v1_FromManager, FromManager__Output as _tagmill_v1_FromManager__Output } from '../../tagmill/v1/FromManager.ts';

export interface ExecutorServiceClient extends grpc.Client {
  Session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_tagmill_v1_FromExecutor, _tagmill_v1_FromManager__Output>;
  Session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_tagmill_v1_FromExecutor, _tagmill_v1_FromManager__Output>;
  session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_tagmill_v1_FromExecutor, _tagmill_v1_FromManager__Output>;
  session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_tagmill_v1_FromExecutor, _tagmill_v1_FromManager__Output>;
  
}

export interface ExecutorServiceHandlers extends grpc.UntypedServiceImplementation {
  Session: grpc.handleBidiStreamingCall<_tagmill_v1_FromExecutor__Output, _tagmill_v1_FromManager>;
  
}

export interface ExecutorServiceDefinition extends grpc.ServiceDefinition {
  Session: MethodDefinition<_tagmill_v1_FromExecutor, _tagmill_v1_FromManager, _tagmill_v1_FromExecutor__Output, _tagmill_v1_FromManager__Output>
}
