/** What every sink must do with holders who are UNKNOWN, where their tag is kept for some runs. */
import type { PassTag } from '@tagmill/shared/job';
import type { TagSink } from '@tagmill/shared/merge/sink';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SinkWorld } from './sink-contract.ts';
import { batchesOf, type Evaluated, makeCommand, makeJob, oracleTags } from './sink-fixtures.ts';

const never = new AbortController().signal;
const RUNS = 2;
const [KEPT, OTHER] = [1, 2] as const;
const tags: PassTag[] = oracleTags()
  .filter(({ tagId }) => tagId === KEPT || tagId === OTHER)
  .map((tag) => (tag.tagId === KEPT ? { ...tag, keepForRuns: RUNS } : tag));

const day = (index: number): string => `2026-11-${String(10 + index).padStart(2, '0')}`;

/** A letter a day for the tag that is kept; `.`: not evaluated. What is held after each day: runs counted so far, or `-` for not held. */
const USERS: Readonly<Record<string, readonly [letters: string, held: string]>> = {
  always: ['TTTTTT', '000000'],
  'goes quiet': ['TUUUUU', '012---'],
  'comes back': ['TUUTUU', '012012'],
  'comes late': ['UUUTUU', '---012'],
  'is no more': ['TUFUUU', '01----'],
  'not looked at': ['TU..UU', '01112-'],
  'by hand': ['TUUUUU', '000000'],
};

const found = (index: number): Evaluated[] =>
  Object.entries(USERS).flatMap(([user_id, [letters]]) => {
    const of = (letter: string): number[] => (letters[index] === letter ? [KEPT] : []);
    return letters[index] === '.' ? [] : [{ user_id, T: [...of('T'), OTHER], F: of('F'), U: of('U') }];
  });

export function keepForContract(name: string, makeWorld: () => Promise<SinkWorld>): void {
  describe(`holders who are UNKNOWN: ${name}`, () => {
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
      const details = { [KEPT]: { source: 'MANUAL' } };
      await world.put([{ userId: 'by hand', tagIds: `[${KEPT}]`, tagDetails: JSON.stringify(details) }]);
    });

    const merge = (runId: string, index: number, shards: number, token = 1) =>
      Promise.all(
        Array.from({ length: shards }, (_, shard) => {
          const mine = found(index).filter((_user, at) => at % shards === shard);
          return sink.merge(makeJob(runId, tags, day(index)), makeCommand(tags, shard, token), batchesOf(mine, tags, 2), never);
        }),
      );

    /** As USERS writes it. */
    const held = async (): Promise<Record<string, string>> => {
      const rows = new Map((await world.rows()).map((row) => [row.userId, row]));
      return Object.fromEntries(
        Object.keys(USERS).map((user) => {
          const row = rows.get(user);
          if (row === undefined || !(JSON.parse(row.tagIds) as number[]).includes(KEPT)) return [user, '-'];
          const entry = (JSON.parse(row.tagDetails ?? '{}') as Record<string, { unknown_runs?: number }>)[KEPT];
          return [user, String(entry?.unknown_runs ?? 0)];
        }),
      );
    };
    const expected = (index: number): Record<string, string> =>
      Object.fromEntries(Object.entries(USERS).map(([user, [, after]]) => [user, after[index] ?? '']));

    it.each([1, 2, 7])('keep the tag for as many runs as it says, in %i shards; a repeated day counts once', async (shards) => {
      for (let index = 0; index < 6; index += 1) {
        await merge(`day-${index}`, index, shards);
        expect(await held(), day(index)).toEqual(expected(index));
        const rows = await world.rows();
        const again = await merge(`again-${index}`, index, shards);
        expect(again.map(({ updated, inserted }) => updated + inserted)).toEqual(again.map(() => 0));
        // An attempt that comes late, and one that is done again.
        await merge(`day-${index}`, index, shards, 2);
        expect(await world.rows()).toEqual(rows);
      }
    });

    it('a day that was before counts no more', async () => {
      for (const index of [0, 2]) await merge(`day-${index}`, index, 1);
      const { 'not looked at': _, ...before } = await held();
      await merge('late', 1, 1);
      expect(await held()).toEqual({ ...before, 'not looked at': '1' });
    });

    it('a rollback gives back what was counted, and what was taken', async () => {
      const plain = async () =>
        (await world.rows()).map(({ userId, tagIds, tagDetails }) => [userId, JSON.parse(tagIds), JSON.parse(tagDetails ?? 'null')]);
      for (let index = 0; index < 6; index += 1) {
        const before = await plain();
        await merge(`day-${index}`, index, 1);
        if (index > 0) {
          const command = { shard: 0, tags: [KEPT, OTHER], pass: 9, term: 1, token: 50 };
          await sink.rollback(makeJob(`day-${index}`, tags, day(index)), command, never);
          const undone = (await plain()).filter(([user, ids]) => before.some(([one]) => one === user) || (ids as number[]).length > 0);
          expect(undone, day(index)).toEqual(before);
          await merge(`anew-${index}`, index, 1);
        }
        expect(await held(), day(index)).toEqual(expected(index));
      }
    });

    it('what a later run has counted is no reason to leave a tag that the run before has given', async () => {
      await merge('first', 0, 1);
      await merge('second', 1, 1);
      await sink.rollback(makeJob('first', tags, day(0)), { shard: 0, tags: [KEPT], pass: 9, term: 1, token: 50 }, never);
      expect(await held()).toMatchObject({ always: '-', 'goes quiet': '-', 'by hand': '0' });
    });
  });
}
