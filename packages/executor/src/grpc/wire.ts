/** The only file of the executor that knows proto messages. */
import type { FromExecutor } from '@tagmill/shared/gen/tagmill/v1/FromExecutor';
import type { FromManager__Output } from '@tagmill/shared/gen/tagmill/v1/FromManager';
import type { Dispatch__Output } from '@tagmill/shared/gen/tagmill/v1/Dispatch';
import type { ReplicaFrame } from '@tagmill/shared/gen/tagmill/v1/ReplicaFrame';
import type { ReplicaHead } from '@tagmill/shared/gen/tagmill/v1/ReplicaHead';
import type { ReplicaPart } from '@tagmill/shared/gen/tagmill/v1/ReplicaPart';
import type { Attempt, DispatchOrder, FanOutWork } from '../core/attempts.ts';
import type { CopyPart } from '../replica/copy.ts';
import type { CopyHead } from '../replica/frames.ts';

export type Incoming = FromManager__Output;
export type Outgoing = Omit<FromExecutor, 'seq' | 'ack' | 'message'>;

export const orderFrom = (dispatch: Dispatch__Output): DispatchOrder => ({
  runId: dispatch.runId,
  pass: dispatch.pass,
  step: dispatch.step,
  fanOut: dispatch.fanOut,
  firstToken: dispatch.firstToken,
  shards: dispatch.shards,
  attempts: dispatch.attempts,
  scope: dispatch.scope,
  pieceHashes: dispatch.pieceHashes,
  term: dispatch.term,
});

/** Results in messages that stay under the size limit. */
export function* resultsOf(work: FanOutWork, attempts: readonly Attempt[], maxDetailBytes = 128 * 1024): Generator<Outgoing> {
  let from = 0;
  while (from < attempts.length) {
    let to = from;
    for (let bytes = 0; to < attempts.length && to - from < 4_096; to++) {
      bytes += attempts[to]!.detail.length * 3;
      if (bytes > maxDetailBytes && to > from) break;
    }
    yield message(work, attempts.slice(from, to));
    from = to;
  }
}

/** protobufjs reads any array-like by index and length, so the columns are typed: this is the hot way of tiny shards. */
function message(work: FanOutWork, attempts: readonly Attempt[]): Outgoing {
  const count = attempts.length;
  const shards = new Uint32Array(count);
  const tokens = new Float64Array(count);
  const status = Buffer.allocUnsafe(count);
  let isDetailed = false;
  for (let i = 0; i < count; i++) {
    const attempt = attempts[i]!;
    shards[i] = attempt.shard;
    tokens[i] = attempt.token;
    status[i] = attempt.status;
    isDetailed ||= attempt.detail !== '';
  }
  const details = isDetailed ? attempts.map((attempt) => attempt.detail) : [];
  return {
    results: { fanOut: work.fanOut, shards: shards as unknown as number[], tokens: tokens as unknown as number[], status, details },
  };
}

/** Hash and signature as the wire wants them; the bytes are the same. */
const bytes = (view: Uint8Array): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength);

export const headOf = (head: CopyHead): ReplicaHead => ({
  lineage: head.lineage,
  term: head.term,
  seq: head.seq,
  hash: bytes(head.hash),
  mac: bytes(head.mac),
  snapshotSeq: head.snapshotSeq,
  sizeBytes: head.sizeBytes,
  writtenMs: head.writtenMs,
  contentHash: bytes(head.contentHash),
});

const REPLICA_MESSAGE_BYTES = 192 * 1024;
const REPLICA_MESSAGE_FRAMES = 1_024;

/** A copy as messages of FetchReplica, the ticket in the first. */
export function* replicaParts(ticket: string, parts: Iterable<CopyPart>): Generator<ReplicaPart> {
  let frames: ReplicaFrame[] = [];
  let size = 0;
  let index = 0;
  yield { ticket, frames };
  for (const part of parts) {
    index = part.first ? 0 : index + 1;
    frames.push(frameOf(part, index));
    size += part.data.length;
    if (size < REPLICA_MESSAGE_BYTES && frames.length < REPLICA_MESSAGE_FRAMES) continue;
    yield { frames };
    frames = [];
    size = 0;
  }
  if (frames.length > 0) yield { frames };
}

function frameOf(part: CopyPart, index: number): ReplicaFrame {
  const { of, data } = part;
  const place = { kind: part.kind === 'snapshot' ? 1 : 2, seq: of.seq, part: index, lastPart: part.last, data };
  if (!part.first) return place;
  const head = { lineage: of.lineage, term: of.term, hash: bytes(of.hash), mac: bytes(of.mac) };
  if (part.kind === 'batch') return { ...place, ...head, sizeBytes: part.size };
  return { ...place, ...head, contentHash: bytes(part.of.contentHash), sizeBytes: part.of.sizeBytes };
}
