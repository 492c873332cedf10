/** The report of a start: which copies of the journal there were, which one was taken and why, and what became of the work under way. */
import { z } from 'zod';
import { list } from './common.ts';

const ms = z.number().describe('Milliseconds since 1970, by the manager’s clock.');
const count = z.int().nonnegative();

export const recoveryCandidate = z
  .object({
    source: z.enum(['own', 'executor', 's3']),
    name: z.string().describe('`own`, the name of the executor, or `s3`; for --recover-from.'),
    term: count.nullable(),
    seq: count.nullable().describe('Last entry of the journal in it.'),
    snapshotSeq: count.nullable().describe('Entry of its snapshot; null: it begins at the first entry.'),
    hash: z.string().nullable().describe('First 8 hex digits of the chain hash at `seq`.'),
    writtenMs: ms.nullable().describe('By its own clock; plays no part in the choice.'),
    chain: z.enum(['whole', 'torn', 'broken', 'unreadable', 'missing']),
    verdict: z.enum(['wins', 'not-used', 'refused', 'missing']),
    why: z.string(),
  })
  .readonly();
export type RecoveryCandidate = z.infer<typeof recoveryCandidate>;

export const RECOVERY_STEPS = ['away', 'start', 'collect', 'choose', 'replay', 'term', 'executors', 'target'] as const;
export type RecoveryStepName = (typeof RECOVERY_STEPS)[number];

export const recoveryStep = z
  .object({ name: z.enum(RECOVERY_STEPS), startedMs: ms, endedMs: ms.nullable(), detail: z.string() })
  .readonly();
export type RecoveryStep = z.infer<typeof recoveryStep>;

export const recoveryAttempt = z
  .object({ runId: z.string(), task: z.string(), shard: count, outcome: z.enum(['kept', 'accepted', 'redone']) })
  .readonly();
export type RecoveryAttempt = z.infer<typeof recoveryAttempt>;

export const recoveryReport = z
  .object({
    startedMs: ms,
    firstDispatchMs: ms.nullable().describe('Null: nothing was sent to an executor yet.'),
    term: count.describe('0 until it is taken.'),
    termBefore: count.nullable(),
    lineage: z.string(),
    outcome: z.enum(['recovering', 'fresh', 'own', 'copy', 's3']),
    sentence: z.string(),
    candidates: list(recoveryCandidate),
    entriesFromCopy: count.describe('Entries of the journal that only the copy had.'),
    entriesLost: count
      .nullable()
      .optional()
      .describe('Entries that were confirmed and are given up, as a person accepted; null: some; absent: not known yet.'),
    window: z.object({ ms: count.describe('How long it waited at most; 0: for nobody.'), closedEarly: z.boolean() }).readonly(),
    steps: list(recoveryStep),
    attempts: z
      .object({
        running: count.describe('Attempts that were under way when the journal ended.'),
        kept: count.describe('Went on where they were.'),
        accepted: count.describe('Found whole in the target.'),
        redone: count,
        examples: list(recoveryAttempt).describe('At most 20, those done again first.'),
      })
      .readonly(),
    late: z
      .object({
        dropped: count.describe('Results of before the start that changed nothing.'),
        fenced: count.describe('Attempts of before that the target refused.'),
      })
      .readonly(),
  })
  .readonly()
  .meta({ id: 'RecoveryReport' });
export type RecoveryReport = z.infer<typeof recoveryReport>;
