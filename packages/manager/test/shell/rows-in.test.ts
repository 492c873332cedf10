import type { Rows__Output } from '@tagmill/shared/gen/tagmill/v1/Rows';
import type { MergeCommand, MergeResult, PassJob } from '@tagmill/shared/job';
import type { MergeBatch } from '@tagmill/shared/merge/batch';
import type { TagSink } from '@tagmill/shared/merge/sink';
import { describe, expect, test } from 'vitest';
import { RowsIn, type RowsAnswer } from '../../src/shell/rows-in.ts';

const COMMAND: MergeCommand = { shard: 0, scope: [1], pieceHash: 'h', term: 1, token: 1 };
const RESULT = { inserted: 0, updated: 0, unchanged: 0, tags: [], conflicts: [], unreadableRows: 0, bytesRead: 0, durationMs: 0 };

const rows = (over: Partial<Rows__Output>): Rows__Output => ({
  request: 1,
  runId: 'r',
  pass: 1,
  commandJson: JSON.stringify(COMMAND),
  users: 0,
  words: 1,
  part: 0,
  lastPart: true,
  lastBatch: true,
  data: Buffer.alloc(0),
  ...over,
});

/** A sink that reads what comes and may be held up. */
function rowsIn(held?: Promise<void>): RowsIn {
  const sink = {
    merge: async (_job: PassJob, _command: MergeCommand, batches: AsyncIterable<MergeBatch>): Promise<MergeResult> => {
      await held;
      for await (const _ of batches) await held;
      return RESULT;
    },
  };
  return new RowsIn(sink as unknown as TagSink, () => ({}) as PassJob);
}

const done = (target: RowsIn, messages: readonly Partial<Rows__Output>[]): Promise<RowsAnswer> =>
  new Promise((resolve) => {
    for (const message of messages) target.receive('e1', rows(message), (answer) => answer.done && resolve(answer));
  });

describe('rows from an executor', () => {
  test('without users end well', async () => {
    expect(await done(rowsIn(), [{}])).toMatchObject({ failed: false });
  });

  test.each([
    ['a command that is no JSON', [{ commandJson: '{' }]],
    ['a command that is null', [{ commandJson: 'null' }]],
    ['a command without a token', [{ commandJson: JSON.stringify({ ...COMMAND, token: undefined }) }]],
    ['fewer bytes than the numbers say', [{ users: 4_000_000_000, words: 4_000_000_000, data: Buffer.alloc(8) }]],
    ['keys that end elsewhere', [{ users: 1, data: Buffer.alloc(64) }]],
  ])('%s fail that merge with a sentence', async (_, messages) => {
    const answer = await done(rowsIn(), messages);
    expect(answer).toMatchObject({ failed: true });
    expect(answer.resultJson).toMatch(/INTERNAL.*cannot be read/);
  });

  test('that do not wait for their answers are bounded', async () => {
    const batch = Buffer.alloc(16);
    const first = { users: 1, lastBatch: false, data: batch };
    const more = Array.from({ length: 8 }, () => ({ ...first, commandJson: '' }));
    const answer = await done(rowsIn(new Promise(() => undefined)), [first, ...more]);
    expect(answer.resultJson).toMatch(/batches wait/);
  });
});
