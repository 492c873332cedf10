/** What conditions are for one user, by the engine: for those that read more than the user's row. */
import { rm } from 'node:fs/promises';
import type { Letters, LettersJob } from '@tagmill/shared/question';
import { evaluateShard } from '../engine/evaluate.ts';
import type { Evaluator } from '../engine/evaluator.ts';
import { readPiece } from '../engine/piece.ts';
import { keyCompare } from '../sources/key-order.ts';
import { keyOf, outcome } from './preview-shard.ts';

const LETTERS = ['T', 'F', 'U', null] as const;
const INTEGER = /^-?(0|[1-9][0-9]{0,18})$/;

/** Errors: those of evaluateShard. */
export async function lettersOf(evaluator: Evaluator, { pass }: LettersJob, user: string, signal: AbortSignal): Promise<Letters> {
  const nothing = { letters: pass.tags.map(() => null) };
  // What is no integer is no user of tables with integer keys.
  if (pass.keyType === 'int64' && !INTEGER.test(user)) return nothing;
  const compare = keyCompare(pass.keyType);
  const shard = pass.cuts.filter((cut) => compare(cut, user) <= 0).length;
  await evaluateShard(evaluator, pass, shard, signal);
  const path = evaluator.spool.path(pass.runId, pass.pass, shard);
  try {
    for (const batch of readPiece(path).batches()) {
      for (let at = 0; at < batch.users; at += 1) {
        if (keyOf(batch, at) === user) return { letters: pass.tags.map((_, tag) => LETTERS[outcome(batch, at, tag)]!) };
      }
    }
    return nothing;
  } finally {
    await rm(path, { force: true });
  }
}
