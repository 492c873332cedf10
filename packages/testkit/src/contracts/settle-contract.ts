/** What every sink's ledger must say of a shard whose attempt was lost: the truth, and for ever. */
import type { SettleRequest } from '@tagmill/manager/tagstore/ledger';
import type { MergeResult } from '@tagmill/shared/job';
import type { TagSink } from '@tagmill/shared/merge/sink';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FrozenAttempt } from './frozen.ts';
import type { SinkWorld } from './sink-contract.ts';
import { batchesOf, type Evaluated, makeCommand, makeJob, oracleTags } from './sink-fixtures.ts';

const never = new AbortController().signal;
const TAGS = oracleTags().slice(0, 2);
const SCOPE = TAGS.map((tag) => tag.tagId);
const PIECE = makeCommand(TAGS).pieceHash;

const users = (count: number, prefix = 'u'): Evaluated[] =>
  Array.from({ length: count }, (_, index) => ({ user_id: `${prefix}${String(index).padStart(5, '0')}`, T: [1], F: [2], U: [] }));

const request = (runId: string, over: Partial<SettleRequest> = {}): SettleRequest => ({
  runId,
  pass: 0,
  shards: [0],
  term: 1,
  token: 100,
  scope: SCOPE,
  pieceHashes: [PIECE],
  ...over,
});

/** What counts of a result: times differ. */
const counted = (result: MergeResult | null | undefined): object | null => {
  if (result === null || result === undefined) return null;
  const { durationMs: _durationMs, ...rest } = result;
  return rest;
};

export function settleContract(name: string, makeWorld: () => Promise<SinkWorld>): void {
  describe(`ledger contract: ${name}`, () => {
    let world: SinkWorld;
    let sink: TagSink;
    beforeAll(async () => {
      world = await makeWorld();
      sink = await world.sink();
    });
    afterAll(async () => {
      await world?.close();
    });
    beforeEach(async () => {
      await world.clear();
    });

    const settle = async (asked: SettleRequest): Promise<MergeResult | null> => (await world.ledger.settle(asked))[0] ?? null;

    /** Asks until there is an answer, as the manager does. Where the database cannot end a frozen attempt, it must wake first. */
    const settleBeside = async (asked: SettleRequest, attempt: FrozenAttempt): Promise<MergeResult | null> => {
      for (;;) {
        try {
          return await settle(asked);
        } catch (error) {
          expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
          attempt.wake();
        }
      }
    };

    const stateNow = async (): Promise<object> => ({ rows: await world.rows(), done: await world.batchesDone() });

    const insertedNow = async (): Promise<number> => (await world.rows()).length;

    it('an attempt that merged all: its very result; one that never began: null; a shard without users: null', async () => {
      const job = makeJob('whole', TAGS);
      const merged = await sink.merge(job, makeCommand(TAGS, 0), batchesOf(users(9), TAGS, 3), never);
      await sink.merge(job, makeCommand(TAGS, 2), [], never);
      const shards = [0, 1, 2];
      const [whole, none, empty] = await world.ledger.settle(request('whole', { shards, pieceHashes: shards.map(() => PIECE) }));
      expect(counted(whole)).toEqual(counted(merged));
      expect(none).toBeNull();
      expect(empty).toBeNull();
    });

    it('counts the tags in scope, and only a piece that was asked for', async () => {
      await sink.merge(makeJob('scope', TAGS), makeCommand(TAGS), batchesOf(users(2), TAGS), never);
      expect((await settle(request('scope', { scope: [1, 77] })))?.tags).toEqual([
        { tagId: 1, entered: 2, exited: 0 },
        { tagId: 77, entered: 0, exited: 0 },
      ]);
      expect(await settle(request('scope', { pieceHashes: ['another'] }))).toBeNull();
      expect(await settle(request('scope', { pieceHashes: null }))).not.toBeNull();
    });

    it('an attempt that comes back after null is fenced, and one under a higher token does the rest', async () => {
      const job = makeJob('back', TAGS);
      const batches = batchesOf(users(9), TAGS, 3);
      const stop = new AbortController();
      async function* half() {
        yield batches[0]!;
        yield batches[1]!;
        stop.abort(new Error('lost'));
        yield batches[2]!;
      }
      await expect(sink.merge(job, makeCommand(TAGS), half(), stop.signal)).rejects.toThrow('lost');
      expect(await settle(request('back'))).toBeNull();
      const settled = await stateNow();
      expect(await insertedNow()).toBe(3);
      await expect(sink.merge(job, makeCommand(TAGS, 0, 99), batches, never)).rejects.toMatchObject({ code: 'FENCED' });
      expect(await stateNow()).toEqual(settled);
      const redone = await sink.merge(job, makeCommand(TAGS, 0, 101), batches, never);
      expect(redone.inserted).toBe(9);
      expect(counted(await settle(request('back', { token: 102 })))).toEqual(counted(redone));
    });

    it('twice, or under a lower token or term: the same answer, and the fence stays', async () => {
      const job = makeJob('again', TAGS);
      const batches = batchesOf(users(4), TAGS, 2);
      expect(await settle(request('again'))).toBeNull();
      expect(await settle(request('again'))).toBeNull();
      expect(await settle(request('again', { token: 5 }))).toBeNull();
      expect(await settle(request('again', { term: 0, token: 500 }))).toBeNull();
      await expect(sink.merge(job, makeCommand(TAGS, 0, 99), batches, never)).rejects.toMatchObject({ code: 'FENCED' });
      const merged = await sink.merge(job, makeCommand(TAGS, 0, 101), batches, never);
      for (const token of [1, 100, 101, 102]) expect(counted(await settle(request('again', { token })))).toEqual(counted(merged));
      await expect(sink.merge(job, makeCommand(TAGS, 0, 101), batches, never)).rejects.toMatchObject({ code: 'FENCED' });
    });

    it.each([
      ['begun', 0],
      ['written', 0],
      ['written', 1],
      ['committed', 0],
    ] as const)('an attempt frozen when %s in batch %i of 2 commits nothing after null', async (point, at) => {
      const job = makeJob(`frozen ${point} ${at}`, TAGS);
      const batches = batchesOf(users(6), TAGS, 3);
      const attempt = await world.frozenMerge(point, at, job, makeCommand(TAGS), batches);
      await attempt.frozen;
      const answer = await settleBeside(request(job.runId), attempt);
      const settled = await stateNow();
      // Right after a commit the attempt is between two batches.
      if (point === 'committed') expect(await insertedNow()).toBe(3);
      attempt.wake();
      expect(await attempt.ended).toBe(answer === null ? 'FENCED' : 'merged');
      expect(await stateNow()).toEqual(settled);
      if (answer !== null) expect(answer.inserted).toBe(await insertedNow());
      const redone = await sink.merge(job, makeCommand(TAGS, 0, 101), batches, never);
      expect(redone.inserted).toBe(6);
      expect(await insertedNow()).toBe(6);
    });

    it('an attempt frozen after its last commit: its result', async () => {
      const job = makeJob('told too late', TAGS);
      const attempt = await world.frozenMerge('committed', 1, job, makeCommand(TAGS), batchesOf(users(6), TAGS, 3));
      await attempt.frozen;
      expect(await settleBeside(request(job.runId), attempt)).toMatchObject({ inserted: 6, unchanged: 0 });
      attempt.wake();
      await attempt.ended;
      expect(await insertedNow()).toBe(6);
    });

    it('whenever it is asked beside an attempt in full swing, commits under way included, the answer stays true', async () => {
      const other = await world.sink();
      const found = users(60);
      const batches = batchesOf(found, TAGS, 2);
      const answers: (MergeResult | null)[] = [];
      for (let round = 0; round < 12; round += 1) {
        await world.clear();
        const job = makeJob(`race ${round}`, TAGS);
        const late = other.merge(job, makeCommand(TAGS), batches, never).then(
          () => 'merged',
          (error: { code?: string }) => error.code,
        );
        while ((await world.batchesDone()) < round * 2) await new Promise(setImmediate);
        const answer = await settle(request(job.runId));
        const settled = await stateNow();
        expect(['merged', 'FENCED']).toContain(await late);
        expect(await stateNow()).toEqual(settled);
        expect(answer === null).toBe((await insertedNow()) < found.length);
        if (answer !== null) expect(answer.inserted).toBe(found.length);
        answers.push(answer);
      }
      expect(answers).toContain(null);
    });

    it('many shards in one question, each with its own answer', async () => {
      const job = makeJob('many', TAGS);
      const batches = batchesOf(users(4), TAGS, 2);
      const merged = [3, 40, 777];
      for (const shard of merged) await sink.merge(job, makeCommand(TAGS, shard), batches, never);
      const shards = Array.from({ length: 1_100 }, (_, shard) => shard);
      const answers = await world.ledger.settle(
        request('many', { shards, pieceHashes: shards.map((shard) => (shard === 40 ? 'no' : PIECE)) }),
      );
      expect(answers).toHaveLength(shards.length);
      expect(shards.filter((shard) => answers[shard] !== null)).toEqual([3, 777]);
      await expect(sink.merge(job, makeCommand(TAGS, 1_099, 99), batches, never)).rejects.toMatchObject({ code: 'FENCED' });
    });
  });
}
