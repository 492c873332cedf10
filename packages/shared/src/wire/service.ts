/**
 * The wire contract at run time: `proto/tagmill/v1/executor.proto` as a gRPC
 * service. proto-loader makes the method definition; encode and decode of the
 * two stream messages are protobufjs' own, set on that definition, because
 * going through plain objects costs more than half of the throughput.
 */
import { fileURLToPath } from 'node:url';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import type { FromExecutor } from '../gen/tagmill/v1/FromExecutor.ts';
import type { FromManager } from '../gen/tagmill/v1/FromManager.ts';
import type { ReplicaPart } from '../gen/tagmill/v1/ReplicaPart.ts';
import type { ReplicaReceived } from '../gen/tagmill/v1/ReplicaReceived.ts';

/** Grows with every change that an older peer would misread. */
export const PROTOCOL_VERSION = 1;

const protoFile = fileURLToPath(new URL('../../../../proto/tagmill/v1/executor.proto', import.meta.url));

type SessionMethod = MethodDefinition<FromExecutor, FromManager>;
type ReplicaMethod = MethodDefinition<ReplicaPart, ReplicaReceived>;
export interface ExecutorServiceContract extends ServiceDefinition {
  readonly Session: SessionMethod;
  readonly FetchReplica: ReplicaMethod;
}

let loaded: ExecutorServiceContract | undefined;

/** The service definition, loaded once a process. */
export function executorService(): ExecutorServiceContract {
  loaded ??= load();
  return loaded;
}

function load(): ExecutorServiceContract {
  const definition = loadSync(protoFile, { defaults: true, oneofs: true });
  const service = definition['tagmill.v1.ExecutorService'] as unknown as ExecutorServiceContract;
  const root = protobuf.loadSync(protoFile);
  const fromExecutor = root.lookupType('tagmill.v1.FromExecutor');
  const fromManager = root.lookupType('tagmill.v1.FromManager');
  const session: SessionMethod = {
    ...service.Session,
    requestSerialize: (message: FromExecutor) => asBuffer(fromExecutor.encode(message).finish()),
    requestDeserialize: (bytes: Buffer) => fromExecutor.decode(bytes) as unknown as FromExecutor,
    responseSerialize: (message: FromManager) => asBuffer(fromManager.encode(message).finish()),
    responseDeserialize: (bytes: Buffer) => fromManager.decode(bytes) as unknown as FromManager,
  };
  return { Session: session, FetchReplica: service.FetchReplica };
}

/** The same bytes: what protobufjs gives is nobody else's, so a copy would be work for nothing. */
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** gRPC channel options of both sides (control-plane.md, "The wire"). */
export const CHANNEL_OPTIONS = {
  'grpc.enable_retries': 0,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': 4 * 1024 * 1024 + 64 * 1024,
  'grpc.max_send_message_length': 4 * 1024 * 1024 + 64 * 1024,
  'grpc-node.max_session_memory': 64,
} as const;

/** Cuts bytes into parts that fit a message. */
export function* partsOf(
  bytes: Uint8Array,
  partBytes = 192 * 1024,
): Generator<{ readonly index: number; readonly last: boolean; readonly data: Buffer }> {
  const count = Math.max(1, Math.ceil(bytes.length / partBytes));
  for (let index = 0; index < count; index++) {
    const part = bytes.subarray(index * partBytes, (index + 1) * partBytes);
    yield { index, last: index === count - 1, data: Buffer.from(part.buffer, part.byteOffset, part.byteLength) };
  }
}

/** Puts parts together again; each name at most `maxBytes`. */
export class PartCollector {
  private readonly open = new Map<string, { parts: Buffer[]; bytes: number }>();
  private readonly maxBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** The whole when this was its last part; throws RangeError on a part out of order or a whole too large. */
  add(name: string, index: number, last: boolean, data: Buffer): Buffer | undefined {
    if (index === 0) {
      // Parts of one thing follow each other: of another only the beginning was sent.
      this.open.clear();
      this.open.set(name, { parts: [], bytes: 0 });
    }
    const whole = this.open.get(name);
    if (whole === undefined || whole.parts.length !== index) {
      this.open.delete(name);
      throw new RangeError(`part ${index} of ${name} came out of order`);
    }
    whole.parts.push(data);
    whole.bytes += data.length;
    if (whole.bytes > this.maxBytes) {
      this.open.delete(name);
      throw new RangeError(`${name} is larger than ${this.maxBytes} bytes`);
    }
    if (!last) return undefined;
    this.open.delete(name);
    return Buffer.concat(whole.parts);
  }
}
