/** What every sink must do; run on each of them by the test that names it. */
import type { ShardLedger } from '@tagmill/manager/tagstore/ledger';
import type { MergeCommand, MergeResult, PassJob, PassTag } from '@tagmill/shared/job';
import type { MergeBatch } from '@tagmill/shared/merge/batch';
import { decodeChanges } from '@tagmill/shared/merge/changes';
import type { TagSink } from '@tagmill/shared/merge/sink';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FreezePoint, FrozenAttempt } from './frozen.ts';
import {
  type AfterRow,
  afterFreshRows,
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

export interface StoredRow {
  readonly userId: string;
  readonly tagIds: string;
  readonly tagDetails: string | null;
  readonly createdTime: string | null;
  readonly updatedTime: string | null;
}

export interface NewRow {
  readonly userId: string;
  readonly tagIds: string;
  readonly tagDetails: string | null;
}

/** One database with its tables, and the means to look and meddle behind the sink's back. */
export interface SinkWorld {
  /** A sink on the database; closed by the world. */
  sink(): Promise<TagSink>;
  /** Empties user_tags and the sink's own tables. */
  clear(): Promise<void>;
  /** Inserts rows as an older program did, on 2026-01-05 and changed on 2026-01-06. */
  put(rows: readonly NewRow[]): Promise<void>;
  /** Somebody's hand edit. */
  setTags(userId: string, tagIds: string, tagDetails: string | null): Promise<void>;
  rows(): Promise<StoredRow[]>;
  /** A row that somebody deletes. */
  remove(userId: string): Promise<void>;
  changeBlocks(): Promise<Uint8Array[]>;
  /** Writes every change block anew. */
  rewriteBlocks(change: (block: Uint8Array) => Uint8Array): Promise<void>;
  readonly ledger: ShardLedger;
  /** An attempt of its own that stops at the point in batch `at` of the shard. */
  frozenMerge(point: FreezePoint, at: number, job: PassJob, command: MergeCommand, batches: readonly MergeBatch[]): Promise<FrozenAttempt>;
  batchesDone(): Promise<number>;
  close(): Promise<void>;
}

const OLD_CREATED = '2026-01-05 08:00:00';
const OLD_UPDATED = '2026-01-06 08:00:00';
const never = new AbortController().signal;

export function sinkContract(name: string, makeWorld: () => Promise<SinkWorld>): void {
  describe(`sink contract: ${name}`, () => {
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

    const putBefore = (): Promise<void> =>
      world.put(
        beforeRows().map((row) => ({
          userId: row.user_id,
          tagIds: JSON.stringify(row.tag_ids),
          tagDetails: row.tag_details === null ? null : JSON.stringify(row.tag_details),
        })),
      );

    const mergeAll = async (runId: string, shards = 1, batchUsers = 65_536, tags = oracleTags()): Promise<MergeResult[]> => {
      const users = evaluation();
      const results: MergeResult[] = [];
      const share = Math.ceil(users.length / shards);
      for (let shard = 0; shard < shards; shard += 1) {
        const mine = users.slice(shard * share, (shard + 1) * share);
        results.push(await sink.merge(makeJob(runId, tags), makeCommand(tags, shard), batchesOf(mine, tags, batchUsers), never));
      }
      return results;
    };

    it.each([
      [1, 65_536],
      [7, 500],
      [100, 65_536],
    ])('on top of what was held, gives the oracle row for row (%i shards, batches of %i)', async (shards, batchUsers) => {
      await putBefore();
      const results = await mergeAll('on-top', shards, batchUsers);
      const rows = await world.rows();
      expectRows(rows, afterRows());
      const changed = new Map(afterRows().map((row) => [row.user_id, row.changed]));
      const held = new Set(beforeRows().map((row) => row.user_id));
      for (const row of rows) {
        if (held.has(row.userId)) expect(row.createdTime, row.userId).toBe(OLD_CREATED);
        if (changed.get(row.userId) === true) {
          expect(row.updatedTime, row.userId).not.toBe(OLD_UPDATED);
          expect(row.tagIds.replaceAll(' ', ''), row.userId).toBe(canonical(row.tagIds));
        } else expect(row.updatedTime, row.userId).toBe(OLD_UPDATED);
      }
      const counts = oracleCounts();
      expect(sum(results, (result) => result.inserted)).toBe(counts.rows_new);
      expect(sum(results, (result) => result.updated)).toBe(counts.rows_changed - counts.rows_new);
      expect(sum(results, (result) => result.unchanged)).toBe(counts.users_in_any_table - counts.rows_changed);
      expectTagCounts(results);
    });

    it('on an empty table, gives the oracle row for row, with details of each tag', async () => {
      await mergeAll('fresh');
      const rows = await world.rows();
      expectRows(rows, afterFreshRows());
      for (const row of rows.slice(0, 500)) {
        const details = JSON.parse(row.tagDetails ?? '') as Record<string, unknown>;
        expect(Object.keys(details).map(Number), row.userId).toEqual(numbers(row.tagIds));
        const tag = oracleTags().find((one) => one.tagId === numbers(row.tagIds)[0]);
        expect(details[String(tag?.tagId)]).toEqual({
          tag_name: tag?.name,
          reason: tag?.reason,
          source: 'AUTO',
          rule_version: 1,
          since: '2026-11-22',
        });
        expect(row.createdTime).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
        expect(Math.abs(Date.parse(`${row.createdTime}Z`) - Date.now())).toBeLessThan(120_000);
        expect(row.updatedTime).toBe(row.createdTime);
      }
    });

    it('a second run writes no row', async () => {
      await putBefore();
      await mergeAll('first');
      const first = await world.rows();
      for (const row of first.slice(0, 3)) await world.setTags(row.userId, row.tagIds, row.tagDetails);
      const marked = await world.rows();
      const results = await mergeAll('second');
      expect(await world.rows()).toEqual(marked);
      expect(results[0]).toMatchObject({ inserted: 0, updated: 0, unchanged: oracleCounts().users_in_any_table });
      expect(await world.changeBlocks()).toHaveLength(1);
    });

    it('records the changes of a run: users, tags entered and left, rule versions', async () => {
      await putBefore();
      await mergeAll('recorded', 3, 1_000);
      const sums = new Map<number, [number, number]>();
      const users = new Set<string>();
      for (const bytes of await world.changeBlocks()) {
        const block = decodeChanges(bytes);
        expect(block.ruleVersions.get(1)).toBe(1);
        for (const user of block.users) {
          users.add(user.userId);
          for (const id of user.entered) sums.set(id, [(sums.get(id)?.[0] ?? 0) + 1, sums.get(id)?.[1] ?? 0]);
          for (const id of user.exited) sums.set(id, [sums.get(id)?.[0] ?? 0, (sums.get(id)?.[1] ?? 0) + 1]);
        }
      }
      expect(users.size).toBe(oracleCounts().rows_changed);
      for (const [id, counts] of Object.entries(oracleCounts().tags)) {
        expect(sums.get(Number(id)) ?? [0, 0], `tag ${id}`).toEqual([counts.entered ?? 0, counts.exited ?? 0]);
      }
    });

    it('a batch that an earlier attempt committed is counted again and not applied again', async () => {
      const tags = oracleTags();
      const users = evaluation().slice(0, 2_000);
      const job = makeJob('twice', tags);
      const batches = batchesOf(users, tags, 500);
      await sink.merge(job, makeCommand(tags, 0, 1), batches.slice(0, 2), never);
      expect(await world.batchesDone()).toBe(2);
      const half = await world.rows();
      const again = await sink.merge(job, makeCommand(tags, 0, 2), batches, never);
      expect(await world.batchesDone()).toBe(4);
      const rows = await world.rows();
      expect(again.inserted).toBe(rows.length);
      expect(rows.filter((row) => half.some((one) => one.userId === row.userId))).toEqual(half);
      const once = await sink.merge(job, makeCommand(tags, 0, 3), batches, never);
      expect(once.tags).toEqual(again.tags);
      expect(await world.rows()).toEqual(rows);
    });

    it('a lower token or term is refused and writes nothing', async () => {
      const tags = oracleTags();
      const batches = batchesOf(evaluation().slice(0, 10), tags);
      await sink.merge(makeJob('fenced', tags), makeCommand(tags, 4, 7, 2), [], never);
      await sink.merge(makeJob('fenced', tags), makeCommand(tags, 4, 7, 2), batches, never);
      await world.setTags(evaluation()[0]!.user_id, '[]', null);
      const before = await world.rows();
      for (const [token, term] of [
        [6, 2],
        [9, 1],
      ] as const) {
        const late = sink.merge(makeJob('fenced', tags), makeCommand(tags, 4, token, term), batches, never);
        await expect(late).rejects.toMatchObject({ code: 'FENCED' });
      }
      expect(await world.rows()).toEqual(before);
    });

    it('keeps what people set, what it cannot read, and every text that it does not change', async () => {
      const tags = oracleTags().slice(0, 3);
      await world.put([
        { userId: 'by-hand', tagIds: '[1, 2]', tagDetails: '{"1":{"source":"MANUAL"},"2":{"source":"AUTO"}}' },
        { userId: 'garbage', tagIds: '{"1": true}', tagDetails: null },
        { userId: 'big', tagIds: '[999,1]', tagDetails: '{"999":{"n": 9007199254740993, "source":"X"}, "1":{"tag_name":"old"}}' },
        { userId: 'no-details', tagIds: '[3,2]', tagDetails: null },
        { userId: 'not-canonical', tagIds: '[2 , 1]', tagDetails: null },
      ]);
      const found: Evaluated[] = [
        { user_id: 'by-hand', T: [3], F: [1, 2], U: [] },
        { user_id: 'garbage', T: [3], F: [1, 2], U: [] },
        { user_id: 'big', T: [2], F: [1], U: [3] },
        { user_id: 'no-details', T: [], F: [2, 3], U: [1] },
        { user_id: 'not-canonical', T: [1, 2], F: [3], U: [] },
        { user_id: 'nobody', T: [], F: [1, 2], U: [3] },
      ];
      const result = await sink.merge(makeJob('kept', tags), makeCommand(tags), batchesOf(found, tags), never);
      expect(result).toMatchObject({ inserted: 0, updated: 3, unchanged: 2, unreadableRows: 1, conflicts: [] });
      const rows = new Map((await world.rows()).map((row) => [row.userId, row]));
      expect(compact(rows.get('by-hand')?.tagIds)).toBe('[1,3]');
      expect(rows.get('by-hand')?.tagDetails).toContain('MANUAL');
      expect(compact(rows.get('garbage')?.tagIds)).toBe('{"1":true}');
      expect(compact(rows.get('big')?.tagIds)).toBe('[2,999]');
      expect(rows.get('big')?.tagDetails).toContain('9007199254740993');
      expect(rows.get('big')?.tagDetails).not.toContain('old');
      expect(compact(rows.get('no-details')?.tagIds)).toBe('[]');
      expect(rows.get('not-canonical')?.updatedTime).toBe(OLD_UPDATED);
      expect(rows.has('nobody')).toBe(false);
    });

    it('few users among many rows of others', async () => {
      const tags = oracleTags().slice(0, 2);
      const others = Array.from({ length: 3_000 }, (_, index) => ({ userId: `m${index}`, tagIds: '[2]', tagDetails: null }));
      await world.put([...others, { userId: 'a', tagIds: '[2]', tagDetails: null }]);
      const found = ['a', 'm7', 'z'].map((user) => ({ user_id: user, T: [1], F: [2], U: [] }));
      const result = await sink.merge(makeJob('sparse', tags), makeCommand(tags), batchesOf(found, tags), never);
      expect(result).toMatchObject({ inserted: 1, updated: 2 });
      const held = (await world.rows()).filter((row) => compact(row.tagIds) !== '[2]').map((row) => [row.userId, compact(row.tagIds)]);
      expect(held).toEqual(['a', 'm7', 'z'].map((user) => [user, '[1]']));
    });

    it('changes no tag outside its scope', async () => {
      const tags = oracleTags().slice(0, 3);
      await world.put([{ userId: 'u', tagIds: '[1]', tagDetails: null }]);
      const found = [{ user_id: 'u', T: [2, 3], F: [1], U: [] }];
      const result = await sink.merge(makeJob('scope', tags), { ...makeCommand(tags), scope: [2] }, batchesOf(found, tags), never);
      expect(compact((await world.rows())[0]?.tagIds)).toBe('[1,2]');
      expect(result.tags).toEqual([{ tagId: 2, entered: 1, exited: 0 }]);
    });

    it('users of odd shapes keep every byte of their key', async () => {
      const tags = oracleTags().slice(0, 1);
      const keys = [
        'a\tb',
        'a\nb',
        'back\\slash',
        'back\\N',
        '\\N',
        'NULL',
        "quo'te",
        'dou"ble',
        'semi;',
        '客户',
        '😀',
        'e\u0301',
        '\u00e9',
        ' lead',
        'c\u0001',
        'x\u007f',
      ];
      const found = keys.map((key) => ({ user_id: key, T: [1], F: [], U: [] }));
      const first = await sink.merge(makeJob('odd', tags), makeCommand(tags), batchesOf(found, tags), never);
      expect(first.inserted).toBe(keys.length);
      expect((await world.rows()).map((row) => row.userId).sort()).toEqual([...keys].sort());
      const second = await sink.merge(makeJob('odd again', tags), makeCommand(tags), batchesOf(found, tags), never);
      expect(second).toMatchObject({ inserted: 0, updated: 0, unchanged: keys.length, conflicts: [] });
    });

    it('more tags than one word holds', async () => {
      const tags: PassTag[] = Array.from({ length: 70 }, (_, index) => ({
        ...oracleTags()[0]!,
        tagId: index + 1,
        name: `tag ${index + 1}`,
      }));
      await world.put([{ userId: 'held', tagIds: '[64,2,65,70]', tagDetails: null }]);
      const found = [
        { user_id: 'held', T: [1, 33, 70], F: [2, 65], U: [64] },
        { user_id: 'new', T: [32, 33, 64, 65], F: [1], U: [] },
      ];
      await sink.merge(makeJob('wide', tags), makeCommand(tags), batchesOf(found, tags), never);
      const rows = new Map((await world.rows()).map((row) => [row.userId, compact(row.tagIds)]));
      expect(rows).toEqual(
        new Map([
          ['held', '[1,33,64,70]'],
          ['new', '[32,33,64,65]'],
        ]),
      );
    });

    it('two runs of different tags at once over the same users lose nothing', async () => {
      const other = await world.sink();
      const all = oracleTags();
      const users = evaluation();
      const halves = [all.filter((tag) => tag.tagId % 2 === 0), all.filter((tag) => tag.tagId % 2 === 1)];
      await putBefore();
      await Promise.all(
        halves.map((tags, half) =>
          (half === 0 ? sink : other).merge(makeJob(`half ${half}`, tags), makeCommand(tags), batchesOf(users, tags, 777), never),
        ),
      );
      expectRows(await world.rows(), afterRows());
    });

    it('an aborted merge keeps the batches it committed and no part of another', async () => {
      const tags = oracleTags();
      const stop = new AbortController();
      const batches = batchesOf(evaluation().slice(0, 900), tags, 300);
      async function* untilStopped() {
        yield batches[0]!;
        // Asked for once the first is known not to be the last, and this one when that is merged.
        yield batches[1]!;
        stop.abort(new Error('stopped'));
        yield batches[2]!;
      }
      await expect(sink.merge(makeJob('stopped', tags), makeCommand(tags), untilStopped(), stop.signal)).rejects.toThrow('stopped');
      expect(await world.batchesDone()).toBe(1);
      const kept = new Set(
        evaluation()
          .slice(0, 300)
          .map((user) => user.user_id),
      );
      for (const row of await world.rows()) expect(kept.has(row.userId)).toBe(true);
    });
  });
}

export const numbers = (text: string): number[] => JSON.parse(text) as number[];
const canonical = (text: string): string => JSON.stringify(numbers(text).sort((a, b) => a - b));
export const compact = (text: string | undefined): string | undefined => text?.replaceAll(' ', '');
const sum = (results: readonly MergeResult[], of: (result: MergeResult) => number): number =>
  results.reduce((total, result) => total + of(result), 0);

export function expectRows(rows: readonly StoredRow[], expected: readonly AfterRow[]): void {
  const held = new Map(rows.map((row) => [row.userId, numbers(row.tagIds).sort((a, b) => a - b)]));
  expect(held.size).toBe(rows.length);
  const wrong = expected.filter((row) => JSON.stringify(held.get(row.user_id)) !== JSON.stringify(row.tag_ids));
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(rows.length).toBe(expected.length);
}

function expectTagCounts(results: readonly MergeResult[]): void {
  const counts = oracleCounts();
  for (const { tagId } of results[0]!.tags) {
    const of = (key: 'entered' | 'exited'): number => sum(results, (result) => result.tags.find((tag) => tag.tagId === tagId)?.[key] ?? 0);
    expect([tagId, of('entered'), of('exited')]).toEqual([tagId, counts.tags[String(tagId)]?.entered, counts.tags[String(tagId)]?.exited]);
  }
}
