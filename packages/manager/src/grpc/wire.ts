/** The only file of the manager that knows proto messages: between them and the core's events and effects. */
import type { Answer__Output } from '@tagmill/shared/gen/tagmill/v1/Answer';
import type { Effect } from '../core/effects.ts';
import type { HeldAttempts, ResultsEvent } from '../core/events.ts';
import type { Dispatch } from '@tagmill/shared/gen/tagmill/v1/Dispatch';
import type { FromExecutor__Output } from '@tagmill/shared/gen/tagmill/v1/FromExecutor';
import type { FromManager } from '@tagmill/shared/gen/tagmill/v1/FromManager';
import type { Hello__Output } from '@tagmill/shared/gen/tagmill/v1/Hello';
import type { ReplicaFrame, ReplicaFrame__Output } from '@tagmill/shared/gen/tagmill/v1/ReplicaFrame';
import type { ShardResults__Output } from '@tagmill/shared/gen/tagmill/v1/ShardResults';

export type Incoming = FromExecutor__Output;
export type Outgoing = Omit<FromManager, 'seq' | 'ack' | 'message'>;

/** What an executor holds; columns that do not fit together say nothing. */
export function heldFrom(hello: Hello__Output): HeldAttempts[] {
  return hello.held
    .filter(({ shards, tokens }) => shards.length === tokens.length && tokens.every((token) => Number.isSafeInteger(token)))
    .map(({ fanOut, shards, tokens }) => ({ fanOut, shards: [...shards], tokens: [...tokens] }));
}

/** Columns of one message; undefined when they do not fit together. */
export function resultsFrom(executor: string, message: ShardResults__Output): ResultsEvent | undefined {
  const { fanOut, shards, tokens, status, details } = message;
  const count = shards.length;
  if (tokens.length !== count || status.length !== count || (details.length !== 0 && details.length !== count)) return undefined;
  if (!tokens.every((token) => Number.isSafeInteger(token))) return undefined;
  return {
    type: 'results',
    executor,
    fanOut,
    shards: Uint32Array.from(shards),
    tokens: Float64Array.from(tokens),
    status: Uint8Array.from(status),
    details: details.length === 0 ? null : [...details],
  };
}

export function dispatchOf(effect: Extract<Effect, { type: 'dispatch' }>, term: number): Outgoing {
  const dispatch: Dispatch = {
    runId: effect.runId,
    pass: effect.pass,
    step: effect.step,
    fanOut: effect.fanOut,
    firstToken: effect.firstToken,
    shards: asNumbers(effect.shards),
    attempts: asNumbers(effect.attempts),
    scope: [...(effect.scope ?? [])],
    pieceHashes: [...(effect.pieceHashes ?? [])],
    term,
  };
  return { dispatch };
}

export const confirmOf = (effect: Extract<Effect, { type: 'confirm' }>): Outgoing => ({
  confirm: { fanOut: effect.fanOut, shards: asNumbers(effect.shards), tokens: effect.tokens as unknown as number[] },
});

export const cancelOf = (effect: Extract<Effect, { type: 'cancel' }>): Outgoing => ({
  cancel: { fanOut: effect.fanOut, shards: [...effect.shards], tokens: [...effect.tokens], why: effect.why },
});

/** protobufjs reads any array-like by index and length; a copy would be work for nothing. */
const asNumbers = (column: Uint32Array | Uint16Array): number[] => column as unknown as number[];

/** Where a copy ends, as an executor says it: nothing of it is proved yet. */
export interface CopyHead {
  readonly lineage: string;
  readonly term: number;
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly mac: Uint8Array;
  readonly contentHash: Uint8Array;
  readonly snapshotSeq: number;
  readonly sizeBytes: number;
  readonly writtenMs: number;
}

const MOST_HEADS = 8;

/** The copies that an executor says it keeps; those of no possible form are passed over. */
export function headsFrom(hello: Hello__Output): CopyHead[] {
  return hello.copies
    .slice(0, MOST_HEADS)
    .map(({ lineage, term, seq, hash, mac, contentHash, snapshotSeq, sizeBytes, writtenMs }) => ({
      lineage,
      term,
      seq,
      hash: Uint8Array.from(hash),
      mac: Uint8Array.from(mac),
      contentHash: Uint8Array.from(contentHash),
      snapshotSeq,
      sizeBytes,
      writtenMs: Number.isFinite(writtenMs) ? writtenMs : 0,
    }))
    .filter((head) => isHead(head));
}

const isHead = ({ lineage, seq, hash, snapshotSeq, sizeBytes }: CopyHead): boolean =>
  lineage !== '' && lineage.length <= 64 && hash.length === 32 && [seq, snapshotSeq, sizeBytes].every(isCount) && seq > 0;
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** A frame of a copy on its way to an executor; `begins` drops what it has of this history. */
export interface OutgoingFrame {
  readonly kind: 'snapshot' | 'batch';
  readonly lineage: string;
  readonly term: number;
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly mac: Uint8Array;
  readonly contentHash: Uint8Array;
  readonly sizeBytes: number;
  readonly begins: boolean;
}

export function frameOf(of: OutgoingFrame, part: number, lastPart: boolean, data: Uint8Array): ReplicaFrame {
  const kind = of.kind === 'snapshot' ? 1 : 2;
  if (part > 0) return { kind, seq: of.seq, part, lastPart, data };
  const { lineage, term, seq, hash, mac, contentHash, sizeBytes, begins } = of;
  return { kind, lineage, term, seq, hash, mac, contentHash, sizeBytes, begins, part, lastPart, data };
}

export type IncomingFrame = ReplicaFrame__Output;
export type ReplicaFrames = readonly ReplicaFrame[];

/** A part of the answer to a question. */
export interface AnswerPart {
  readonly question: number;
  readonly failed: boolean;
  readonly index: number;
  readonly last: boolean;
  readonly data: Uint8Array;
}

export const answerFrom = ({ question, failed, index, last, data }: Answer__Output): AnswerPart => ({
  question,
  failed,
  index,
  last,
  data: data as Uint8Array,
});
