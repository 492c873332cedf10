/** Embedded mode from end to end without a network: a worker's rows, the manager's intake, the store. */
import { RowsSink } from '@tagmill/executor/worker/rows-sink';
import type { FromWorker } from '@tagmill/executor/worker/messages';
import { RowsIn } from '@tagmill/manager/shell/rows-in';
import type { MergeResult, RowsCommand } from '@tagmill/shared/job';
import type { TagSink } from '@tagmill/shared/merge/sink';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { batchesOf, makeCommand, makeJob, oracleTags } from '../../src/contracts/sink-fixtures.ts';
import { makeSqliteWorld, type SqliteWorld } from '../../src/contracts/sqlite-world.ts';

const TAGS = oracleTags().slice(0, 1);
const JOB = makeJob('stream', TAGS);
const never = new AbortController().signal;
const found = (count: number) => Array.from({ length: count }, (_, index) => ({ user_id: `u${index}`, T: [1], F: [], U: [] }));

let world: SqliteWorld;
let store: TagSink;
beforeAll(async () => {
  world = await makeSqliteWorld();
  store = await world.sink();
});
afterAll(async () => {
  await world?.close();
});
beforeEach(async () => {
  await world.clear();
});

/** Sends through the manager's intake; `sent`: batches on their way and not merged, at the most. */
async function stream(
  command: RowsCommand,
  work: (sink: RowsSink) => Promise<MergeResult>,
): Promise<{ result: MergeResult; sent: number }> {
  const manager = new RowsIn(store, () => JOB);
  const committed = world.database.prepare('SELECT COUNT(*) FROM tagmill_batch_done').pluck();
  let [posted, most, first] = [0, 0, true];
  const sink = new RowsSink(1, (message: FromWorker) => {
    if (message.type !== 'rows') return;
    const { users, words, lastBatch, data } = message.batch;
    if (users > 0) posted += 1;
    most = Math.max(most, posted - Number(committed.get()));
    const rows = { request: 1, runId: 'stream', pass: 0, commandJson: first ? JSON.stringify(command) : '', users, words };
    first = false;
    manager.receive('e', { ...rows, part: 0, lastPart: true, lastBatch, data: Buffer.from(data) }, (answer) =>
      sink.answered({ type: 'rows-merged', id: 1, ...answer }),
    );
  });
  return { result: await work(sink), sent: most };
}

describe('rows streamed to the manager', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 3],
    [12, 3],
  ])('%i batches go through, at most %i of them ahead, and the last says that it is', async (batches, ahead) => {
    const command = makeCommand(TAGS);
    const { result, sent } = await stream(command, (sink) => sink.merge(batchesOf(found(batches), TAGS, 1), never));
    expect(result.inserted).toBe(batches);
    expect(sent).toBe(ahead);
    expect(await world.batchesDone()).toBe(batches);
    const asked = { runId: 'stream', pass: 0, shards: [0], term: 1, token: 9, scope: [1], pieceHashes: [command.pieceHash] };
    expect(await world.ledger.settle(asked)).toMatchObject([{ inserted: batches }]);
  });

  it('a shard without users ends well', async () => {
    const { result } = await stream(makeCommand(TAGS), (sink) => sink.merge([], never));
    expect(result).toMatchObject({ inserted: 0, unchanged: 0 });
  });

  it('a rollback is one message, and its answer', async () => {
    await stream(makeCommand(TAGS), (sink) => sink.merge(batchesOf(found(3), TAGS, 1), never));
    const command = { rollback: true, shard: 0, tags: [1], pass: 5, term: 1, token: 2 } as const;
    const { result } = await stream(command, (sink) => sink.order(never));
    expect(result).toMatchObject({ updated: 3, tags: [{ tagId: 1, entered: 0, exited: 3 }] });
    expect((await world.rows()).map((row) => row.tagIds)).toEqual(['[]', '[]', '[]']);
  });

  it.each([
    ['without tags', { rollback: true, shard: 0, pass: 5, term: 1, token: 2 }],
    ['without a pass', { rollback: true, shard: 0, tags: [1], term: 1, token: 2 }],
  ])('a rollback %s is refused with a sentence', async (_, command) => {
    const refused = stream(command as unknown as RowsCommand, (sink) => sink.order(never));
    await expect(refused).rejects.toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('cannot be read') });
  });
});
