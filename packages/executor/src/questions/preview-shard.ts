/** One shard of a preview: evaluated like a shard of a run, counted against the live rule, and thrown away. */
import { rm } from 'node:fs/promises';
import { type Move, MOVES, type PreviewCounts, type PreviewJob } from '@tagmill/shared/question';
import { evaluateShard } from '../engine/evaluate.ts';
import type { Evaluator } from '../engine/evaluator.ts';
import { type PieceBatch, readPiece } from '../engine/piece.ts';
import { countPart } from './preview-count.ts';
import { F, moveOf, NONE, type Outcome, T, U } from './preview-moves.ts';

export interface AskedShard {
  readonly shard: number;
  /** Kinds of which no more users need be named. */
  readonly enough: readonly Move[];
}

/** Errors: those of evaluateShard. */
export async function previewShard(
  evaluator: Evaluator,
  job: PreviewJob,
  { shard, enough }: AskedShard,
  signal: AbortSignal,
): Promise<PreviewCounts> {
  if (job.counted !== undefined) return countPart(evaluator, { ...job, counted: job.counted }, { shard, enough }, signal);
  const { runId, pass, tags } = job.pass;
  const { bytesRead } = await evaluateShard(evaluator, job.pass, shard, signal);
  const path = evaluator.spool.path(runId, pass, shard);
  try {
    const tally = new Tally(job, tags.length);
    for (const batch of readPiece(path).batches()) tally.add(batch);
    return { ...tally.counts(), bytesRead };
  } finally {
    await rm(path, { force: true });
  }
}

class Tally {
  private readonly job: PreviewJob;
  private readonly matrix = new Array<number>(16).fill(0);
  private readonly moves = [0, 0, 0, 0];
  private readonly parts: number[];
  private readonly others: [number, number][];
  private readonly firstHeld: number;
  private readonly firstPart: number;
  private readonly samples: Record<Move, string[]> = { enter: [], exit: [], stay: [], unknown: [] };
  private users = 0;

  constructor(job: PreviewJob, tags: number) {
    this.job = job;
    this.firstHeld = job.hasLive ? 2 : 1;
    this.firstPart = this.firstHeld + (job.hasHeld ? (job.unknown === 'due' ? 3 : 2) : 0);
    this.parts = new Array<number>(tags - this.firstPart - job.others).fill(0);
    this.others = Array.from({ length: job.others }, () => [0, 0]);
  }

  add(batch: PieceBatch): void {
    for (let user = 0; user < batch.users; user += 1) {
      const own = outcome(batch, user, 0);
      const live = this.job.hasLive ? outcome(batch, user, 1) : NONE;
      if (own !== NONE || live !== NONE) {
        this.users += 1;
        this.matrix[4 * own + live]! += 1;
        this.move(batch, user, own, live);
      }
      for (let part = 0; part < this.parts.length; part += 1) {
        if (outcome(batch, user, this.firstPart + part) === T) this.parts[part]! += 1;
      }
      if (this.others.length > 0) this.countOthers(batch, user, own === T);
    }
  }

  private move(batch: PieceBatch, user: number, own: Outcome, live: Outcome): void {
    const { hasHeld, unknown, samples: limit } = this.job;
    const holds = (hasHeld ? outcome(batch, user, this.firstHeld) : live) === T;
    const byHand = hasHeld ? outcome(batch, user, this.firstHeld + 1) : U;
    const loses = unknown === 'remove' || (hasHeld && unknown === 'due' && outcome(batch, user, this.firstHeld + 2) === T);
    const move = moveOf(own, holds, byHand, loses);
    if (move === undefined) return;
    if (move !== 'unknown' || holds) this.moves[MOVES.indexOf(move)]! += 1;
    if (this.samples[move].length < limit) this.samples[move].push(keyOf(batch, user));
  }

  private countOthers(batch: PieceBatch, user: number, both: boolean): void {
    const first = this.firstPart + this.parts.length;
    for (let other = 0; other < this.others.length; other += 1) {
      const tag = first + other;
      const word = batch.matched[user * batch.words + (tag >>> 5)]!;
      // Most users have few tags: a word without any bit is passed over whole.
      if (word === 0) {
        other += 31 - (tag & 31);
        continue;
      }
      if ((word & (1 << (tag & 31))) === 0) continue;
      const counts = this.others[other]!;
      counts[0] += 1;
      if (both) counts[1] += 1;
    }
  }

  counts(): Omit<PreviewCounts, 'bytesRead'> {
    const { users, matrix, moves, parts, others, samples } = this;
    return { users, matrix, moves, parts, others, samples };
  }
}

/** What a tag of a piece is for a user. */
export function outcome({ words, matched, notMatched, evaluated }: PieceBatch, user: number, tag: number): Outcome {
  const at = user * words + (tag >>> 5);
  const bit = 1 << (tag & 31);
  if (evaluated !== null && (evaluated[at]! & bit) === 0) return NONE;
  if ((matched[at]! & bit) !== 0) return T;
  return (notMatched[at]! & bit) !== 0 ? F : U;
}

export const keyOf = ({ keys, offsets }: PieceBatch, user: number): string => keys.toString('utf8', offsets[user], offsets[user + 1]);
