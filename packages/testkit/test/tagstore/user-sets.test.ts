/** Sets of users are kept in pieces while they are read, whatever their size, and pieces that have not changed stay what they were. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pinHolders } from '@tagmill/manager/shell/tag-holders';
import { UserSetWriter } from '@tagmill/manager/shell/user-sets';
import type { TagMetadata } from '@tagmill/manager/tagstore/metadata';
import { openMetadata } from '@tagmill/manager/tagstore/open';
import { makeClock } from '@tagmill/shared/rules/clock';
import { piecesOf, valuesOf } from '@tagmill/shared/value-set';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'tagmill-sets-'));
const path = join(directory, 'tags.sqlite');
const SMALL = { leastChars: 2_000, mostChars: 8_000, endsOneOf: 16 };
let metadata: TagMetadata;

beforeAll(async () => {
  metadata = openMetadata(`sqlite:${path}`);
  await metadata.init();
});
afterAll(async () => {
  await metadata.close();
  rmSync(directory, { recursive: true, force: true });
});

const users = Array.from({ length: 5_000 }, (_, at) => `user_${String(at).padStart(6, '0')}`);

async function kept(names: readonly string[], sizes = SMALL): Promise<readonly string[]> {
  const writer = new UserSetWriter(metadata.lists, 1, sizes);
  for (const user of names) await writer.add(user);
  return piecesOf(await writer.end());
}

const valuesIn = async (pieces: readonly string[]): Promise<string[]> =>
  (await Promise.all(pieces.map(async (piece) => valuesOf((await metadata.lists.lines(piece)) ?? '')))).flat();

test('every user is in the pieces once, in order, and no piece is longer than one may be', async () => {
  const pieces = await kept(users);
  expect(pieces.length).toBeGreaterThan(5);
  expect(await valuesIn(pieces)).toEqual(users);
  for (const piece of pieces) expect((await metadata.lists.lines(piece))!.length).toBeLessThan(SMALL.mostChars + 100);
  expect(await valuesIn(await kept(['a']))).toEqual(['a']);
  expect(await kept([])).toHaveLength(1);
  expect(await valuesIn(await kept([]))).toEqual([]);
});

test('of a set that changes at one place all pieces but those beside it stay', async () => {
  const before = await kept(users);
  const after = await kept([...users.slice(0, 2_500), 'user_002499x', ...users.slice(2_500)]);
  const same = after.filter((piece) => before.includes(piece));
  expect(same.length).toBeGreaterThanOrEqual(after.length - 2);
});

test('who holds tags is kept from one reading, by hand and due apart', async () => {
  const database = new Sqlite(path);
  const insert = database.prepare('INSERT INTO user_tags (user_id, tag_ids, tag_details) VALUES (?, ?, ?)');
  for (const [at, user] of users.entries()) {
    const entry =
      at % 10 === 0
        ? { source: 'MANUAL' }
        : at % 7 === 0
          ? { source: 'AUTO', unknown_runs: 2, unknown_on: '2026-11-20' }
          : { source: 'AUTO' };
    insert.run(user, at % 2 === 0 ? '[5]' : '[6]', JSON.stringify({ [at % 2 === 0 ? 5 : 6]: entry }));
  }
  database.close();
  const clock = makeClock({ businessDate: '2026-11-22', zone: 'UTC' });
  const due = { tag: 5, keepForRuns: 2, day: '2026-11-22' };
  // Two at once wait for each other.
  const [pinned, again] = await Promise.all([
    pinHolders({ tags: ['5', '6'], histories: [] }, clock, metadata, 1, due),
    pinHolders({ tags: ['5', '6'], histories: [] }, clock, metadata, 1, due),
  ]);
  expect(again).toEqual(pinned);
  const of = async (tag: string, key: 'held' | 'manual'): Promise<string[]> =>
    await valuesIn(piecesOf(pinned.find((one) => one.tag === tag)![key]));
  expect(await of('5', 'held')).toEqual(users.filter((_, at) => at % 2 === 0));
  expect(await of('6', 'held')).toEqual(users.filter((_, at) => at % 2 === 1));
  expect(await of('5', 'manual')).toEqual(users.filter((_, at) => at % 10 === 0));
  expect(await of('0', 'held')).toEqual(users.filter((_, at) => at % 14 === 0 && at % 10 !== 0));
});
