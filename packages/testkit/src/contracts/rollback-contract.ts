/** What every sink must do when what a pass changed is undone. */
import { isDeepStrictEqual } from 'node:util';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { PassJob, PassTag, RollbackCommand } from '@tagmill/shared/job';
import { decodeChanges } from '@tagmill/shared/merge/changes';
import type { TagSink } from '@tagmill/shared/merge/sink';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ModelRow, modelRows, undoneRows } from './rollback-model.ts';
import type { NewRow, SinkWorld, StoredRow } from './sink-contract.ts';
import {
  afterRows,
  batchesOf,
  beforeRows,
  type Evaluated,
  evaluation,
  makeCommand,
  makeJob,
  oracleCounts,
  oracleTags,
} from './sink-fixtures.ts';

const OLD_UPDATED = '2026-01-06 08:00:00';
const never = new AbortController().signal;
const UNDO_PASS = 9;

export interface RollbackContractOptions {
  /** Random cases of the property. */
  readonly cases: number;
  /** False: without the tests over all users of the oracle. */
  readonly oracle?: boolean;
}

const ids = (tags: readonly PassTag[]): number[] => tags.map((tag) => tag.tagId);
const undoing = (tags: readonly number[], over: Partial<RollbackCommand> = {}): RollbackCommand => ({
  shard: 0,
  tags,
  pass: UNDO_PASS,
  term: 1,
  token: 50,
  ...over,
});

/** A signal that is aborted when it is looked at for the n-th time: between two transactions. */
function abortedAtLook(times: number): AbortSignal {
  const abort = new AbortController();
  const { signal } = abort;
  let looks = 0;
  return Object.assign(signal, {
    throwIfAborted: () => {
      looks += 1;
      if (looks >= times) abort.abort(new Error('stopped'));
      AbortSignal.prototype.throwIfAborted.call(signal);
    },
  });
}

export function rollbackContract(
  name: string,
  makeWorld: () => Promise<SinkWorld>,
  { cases, oracle = true }: RollbackContractOptions,
): void {
  describe(`rollback contract: ${name}`, () => {
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

    const merge = (job: PassJob, found: readonly Evaluated[], batchUsers?: number, scope: readonly PassTag[] = job.tags) =>
      sink.merge(job, { ...makeCommand(job.tags), scope: ids(scope) }, batchesOf(found, job.tags, batchUsers), never);

    const putBefore = (): Promise<void> =>
      world.put(
        beforeRows().map((row) => ({
          userId: row.user_id,
          tagIds: JSON.stringify(row.tag_ids),
          tagDetails: row.tag_details === null ? null : JSON.stringify(row.tag_details),
        })),
      );

    const expectModel = (rows: readonly StoredRow[], model: ReadonlyMap<string, ModelRow>): void => {
      const found = modelRows(rows);
      expect([...found.keys()].filter((user) => !model.has(user))).toEqual([]);
      const wrong = [...model].filter(([user, row]) => !isDeepStrictEqual(found.get(user), row));
      expect(wrong.slice(0, 5).map(([user, expected]) => ({ user, expected, found: found.get(user) }))).toEqual([]);
    };

    const TAGS = oracleTags().slice(0, 3);
    const JOB = makeJob('r', TAGS);
    const given = (user: string, tags: number[], not: number[] = []): Evaluated => ({ user_id: user, T: tags, F: not, U: [] });

    it.runIf(oracle).each([65_536, 1_000])(
      'of a whole run gives back what was held, tag for tag and entry for entry (blocks of %i)',
      async (batchUsers) => {
        await putBefore();
        const before = await world.rows();
        const tags = oracleTags();
        const merged = await merge(makeJob('whole', tags), evaluation(), batchUsers);
        const after = await world.rows();
        const undone = await sink.rollback(makeJob('whole', tags), undoing(ids(tags)), never);
        const rows = await world.rows();
        const old = modelRows(before);
        for (const { userId } of rows) if (!old.has(userId)) old.set(userId, { tags: [], details: {} });
        expectModel(rows, old);
        expect(rows.length).toBe(afterRows().length);
        expect(undone).toMatchObject({ inserted: 0, updated: oracleCounts().rows_changed, unchanged: 0, unreadableRows: 0, conflicts: [] });
        const swapped = merged.tags.map(({ tagId, entered, exited }) => ({ tagId, entered: exited, exited: entered }));
        expect(undone.tags).toEqual(swapped);
        const changed = new Set(after.filter((row) => row.updatedTime !== OLD_UPDATED).map((row) => row.userId));
        expect(rows.filter((row) => (row.updatedTime !== OLD_UPDATED) !== changed.has(row.userId))).toEqual([]);
      },
    );

    it.runIf(oracle)('of some tags leaves the others as they are', async () => {
      await putBefore();
      const tags = oracleTags();
      const before = modelRows(await world.rows());
      await merge(makeJob('some', tags), evaluation(), 2_000);
      const after = modelRows(await world.rows());
      const some = ids(tags).filter((id) => id % 2 === 1);
      const expected = undoneRows(before, after, after, some);
      const undone = await sink.rollback(makeJob('some', tags), undoing(some), never);
      expectModel(await world.rows(), expected.rows);
      expect(undone).toMatchObject({ updated: expected.restored, unchanged: expected.left });
      expect(undone.tags.map((tag) => tag.tagId)).toEqual(some);
    });

    it('leaves alone what people, later runs and deletions changed, and keeps every other text', async () => {
      await world.put([
        { userId: 'back', tagIds: '[2,9]', tagDetails: '{"9":{"n": 9007199254740993}, "2":{"old":true}}' },
        { userId: 'bare', tagIds: '[2]', tagDetails: null },
        { userId: 'regained', tagIds: '[2]', tagDetails: null },
      ]);
      const users = ['back', 'bare', 'regained', 'hand', 'gone', 'broken', 'dropped', 'plain'];
      await merge(
        JOB,
        users.map((user) => given(user, [1], [2])),
      );
      await world.setTags('hand', '[1]', '{"1":{"source":"MANUAL"}}');
      await world.setTags('regained', '[2]', '{"2":{"source":"MANUAL"}}');
      await world.setTags('broken', '"what"', null);
      await world.setTags('dropped', '[7]', '{"1":{"tag_name":"stale"}}');
      await world.remove('gone');
      const undone = await sink.rollback(JOB, undoing([1, 2]), never);
      expect(undone).toMatchObject({ updated: 3, unchanged: 4, unreadableRows: 1 });
      expect(undone.tags).toEqual([
        { tagId: 1, entered: 0, exited: 3 },
        { tagId: 2, entered: 2, exited: 0 },
      ]);
      const rows = new Map((await world.rows()).map((row) => [row.userId, row]));
      const held = [...rows.values()].map((row) => [row.userId, row.tagIds.replaceAll(' ', '')]);
      expect(Object.fromEntries(held)).toEqual({
        back: '[2,9]',
        bare: '[2]',
        broken: '"what"',
        dropped: '[7]',
        hand: '[1]',
        plain: '[]',
        regained: '[2]',
      });
      expect(rows.get('back')?.tagDetails).toContain('9007199254740993');
      expect(JSON.parse(rows.get('back')?.tagDetails ?? '')).toMatchObject({ 2: { old: true } });
      expect(rows.get('hand')?.tagDetails).toContain('MANUAL');
      for (const user of ['hand', 'regained', 'broken', 'dropped']) expect(rows.get(user)?.updatedTime).toBe('2026-02-02 08:00:00');
    });

    it('twice changes nothing, whether under the same pass or another', async () => {
      await world.put([{ userId: 'a', tagIds: '[2]', tagDetails: '{"2":{"old":1}}' }]);
      await merge(JOB, [given('a', [1], [2]), given('b', [1])]);
      const once = await sink.rollback(JOB, undoing([1, 2]), never);
      for (const user of ['a', 'b']) {
        const row = (await world.rows()).find((one) => one.userId === user)!;
        await world.setTags(user, row.tagIds, row.tagDetails);
      }
      const rows = await world.rows();
      const again = await sink.rollback(JOB, undoing([1, 2], { token: 51 }), never);
      expect({ ...again, durationMs: 0 }).toEqual({ ...once, durationMs: 0 });
      const anew = await sink.rollback(JOB, undoing([1, 2], { token: 52, pass: UNDO_PASS + 1 }), never);
      expect(anew).toMatchObject({
        updated: 0,
        unchanged: 2,
        tags: [
          { entered: 0, exited: 0 },
          { entered: 0, exited: 0 },
        ],
      });
      expect(await world.rows()).toEqual(rows);
    });

    it.runIf(oracle)('ended in the middle goes on where it was, block by block, each once', async () => {
      await putBefore();
      const tags = oracleTags();
      const before = modelRows(await world.rows());
      await merge(makeJob('middle', tags), evaluation(), 500);
      const after = modelRows(await world.rows());
      const merges = await world.batchesDone();
      const job = makeJob('middle', tags);
      await expect(sink.rollback(job, undoing(ids(tags)), abortedAtLook(6))).rejects.toThrow('stopped');
      const done = (await world.batchesDone()) - merges;
      expect(done).toBeGreaterThan(0);
      expect(done).toBeLessThan(merges);
      const half = await world.rows();
      const undone = await sink.rollback(job, undoing(ids(tags), { token: 51 }), never);
      const expected = undoneRows(before, after, after, ids(tags));
      expectModel(await world.rows(), expected.rows);
      expect(undone.updated).toBe(expected.restored);
      // What the first attempt restored was not written again.
      const restored = half.filter((row) => JSON.stringify(after.get(row.userId)) !== JSON.stringify(modelRows([row]).get(row.userId)));
      const now = new Map((await world.rows()).map((row) => [row.userId, row]));
      expect(restored.filter((row) => !isDeepStrictEqual(now.get(row.userId), row))).toEqual([]);
    });

    it('is a change like any other: recorded, and settled', async () => {
      await world.put([{ userId: 'a', tagIds: '[2]', tagDetails: '{"2":{"old":1}}' }]);
      await merge(JOB, [given('a', [1], [2]), given('b', [3])], 1);
      const undone = await sink.rollback(JOB, undoing([1, 2, 3]), never);
      const blocks = (await world.changeBlocks()).map(decodeChanges).flatMap((block) => block.users);
      const ofA = blocks.filter((user) => user.userId === 'a').map(({ entered, exited }) => [entered, exited]);
      expect(ofA).toEqual(
        expect.arrayContaining([
          [[1], [2]],
          [[2], [1]],
        ]),
      );
      const asked = { runId: 'r', pass: UNDO_PASS, shards: [0], term: 1, token: 60, scope: [1, 2, 3], pieceHashes: null };
      const [settled] = await world.ledger.settle(asked);
      expect({ ...settled, durationMs: 0 }).toEqual({ ...undone, durationMs: 0 });
    });

    it('under a lower token is refused; a late attempt at the pass that it undid is, too', async () => {
      await merge(JOB, [given('a', [1])]);
      await sink.rollback(JOB, undoing([1]), never);
      const rows = await world.rows();
      await expect(sink.rollback(JOB, undoing([1], { token: 49 }), never)).rejects.toMatchObject({ code: 'FENCED' });
      const late = sink.merge(JOB, makeCommand(TAGS, 0, 49), batchesOf([given('a', [1])], TAGS), never);
      await expect(late).rejects.toMatchObject({ code: 'FENCED' });
      expect(await world.rows()).toEqual(rows);
    });

    it('of a shard that changed nothing, or was never merged, does nothing', async () => {
      await merge(JOB, [given('a', [], [1])]);
      expect(await sink.rollback(JOB, undoing([1]), never)).toMatchObject({ updated: 0, unchanged: 0 });
      expect(await sink.rollback(JOB, undoing([1], { shard: 5 }), never)).toMatchObject({ updated: 0, unchanged: 0 });
    });

    it('of blocks as an older version wrote them says that an entry was not kept', async () => {
      await world.put([{ userId: 'a', tagIds: '[2]', tagDetails: '{"2":{"old":1}}' }]);
      await merge(JOB, [given('a', [1], [2])]);
      await world.rewriteBlocks(asVersion1);
      expect(await sink.rollback(JOB, undoing([1, 2]), never)).toMatchObject({ updated: 1 });
      const [row] = await world.rows();
      expect(JSON.parse(row?.tagIds ?? '')).toEqual([2]);
      const details = JSON.parse(row?.tagDetails ?? '') as Record<string, unknown>;
      expect(details).toEqual({ 2: expect.objectContaining({ source: 'AUTO', reason: expect.stringContaining('not kept') }) });
    });

    it('of a pass, after hand edits and another pass, leaves what the rows themselves say it must', async () => {
      await fc.assert(
        fc.asyncProperty(scenario, async (run) => {
          await world.clear();
          await world.put(run.rows);
          const before = modelRows(await world.rows());
          const first = makeJob('first', TAGS);
          await merge(first, run.first, run.batchUsers);
          const after = modelRows(await world.rows());
          for (const edit of run.edits)
            await (edit.tagIds === null ? world.remove(edit.userId) : world.setTags(edit.userId, edit.tagIds, edit.tagDetails));
          const second = run.sameDay ? makeJob('second', TAGS) : laterJob('second', TAGS);
          await merge(second, run.second);
          const now = await world.rows();
          const expected = undoneRows(before, after, modelRows(now), run.tags);
          const undone = await sink.rollback(first, undoing(run.tags), never);
          const rows = await world.rows();
          expectModel(rows, expected.rows);
          expect([undone.updated, undone.unchanged]).toEqual([expected.restored, expected.left]);
          const texts = new Map(now.map((row) => [row.userId, row]));
          for (const row of rows) {
            const same =
              JSON.stringify(modelRows([row]).get(row.userId)) === JSON.stringify(modelRows([texts.get(row.userId)!]).get(row.userId));
            if (same) expect(row).toEqual(texts.get(row.userId));
          }
        }),
        { numRuns: cases },
      );
    });
  });
}

/** The same run on a later date, by a later version of the rules: its entries are others. */
function laterJob(runId: string, tags: readonly PassTag[]): PassJob {
  const job = makeJob(
    runId,
    tags.map((tag) => ({ ...tag, ruleVersion: tag.ruleVersion + 1 })),
  );
  return { ...job, clock: { ...job.clock, today: '2026-11-23' } };
}

function asVersion1(block: Uint8Array): Uint8Array {
  const bytes = inflateRawSync(block);
  const length = bytes.readUInt32LE(0);
  const { entries: _entries, ...header } = JSON.parse(bytes.toString('utf8', 4, 4 + length)) as {
    entries: unknown;
    sets: [number[], number[], number[]][];
  };
  const old = Buffer.from(JSON.stringify({ ...header, v: 1, sets: header.sets.map(([entered, exited]) => [entered, exited]) }));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(old.length);
  return deflateRawSync(Buffer.concat([head, old, bytes.subarray(4 + length)]));
}

const USERS = ['a', 'b', 'é', '客', 'u 1', 'z'];
const TAG_IDS = [1, 2, 3];
const user = fc.constantFrom(...USERS);
const someTags = fc.uniqueArray(fc.constantFrom(...TAG_IDS, 8), { maxLength: 4 });
const detail = fc.constantFrom('{"source":"AUTO","n":1.50}', '{"source":"MANUAL"}', '{"x": [1, {"y":"}"}]}', 'null');

/** Rows with tags and details that need not go together. */
const storedRow: fc.Arbitrary<NewRow> = fc
  .record({
    userId: user,
    tags: someTags,
    described: fc.array(fc.tuple(fc.constantFrom(...TAG_IDS, 8), detail), { maxLength: 3 }),
    none: fc.boolean(),
  })
  .map(({ userId, tags, described, none }) => ({
    userId,
    tagIds: JSON.stringify(tags),
    tagDetails: none ? null : `{${[...new Map(described)].map(([id, text]) => `"${id}": ${text}`).join(' , ')}}`,
  }));
const byUser = { selector: (row: { userId: string }) => row.userId };
const rowsOf = fc.uniqueArray(storedRow, byUser);

const finding = fc
  .record({ userId: user, of: fc.array(fc.constantFrom('T', 'F', 'U'), { minLength: 3, maxLength: 3 }) })
  .map(({ userId, of }) => ({
    userId,
    user_id: userId,
    T: TAG_IDS.filter((_, at) => of[at] === 'T'),
    F: TAG_IDS.filter((_, at) => of[at] === 'F'),
    U: [],
  }));
const findings = fc.uniqueArray(finding, byUser);

const scenario = fc.record({
  rows: rowsOf,
  first: findings,
  batchUsers: fc.constantFrom(1, 2, 100),
  edits: fc.array(
    fc.oneof(
      storedRow,
      user.map((userId) => ({ userId, tagIds: null, tagDetails: null })),
    ),
    { maxLength: 3 },
  ),
  second: findings,
  sameDay: fc.boolean(),
  tags: fc.uniqueArray(fc.constantFrom(...TAG_IDS), { minLength: 1 }).map((tags) => tags.sort()),
});
