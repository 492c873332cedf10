/**
 * Faults in the middle of runs of 200 shards, with processes that are really
 * killed and frozen: the result equals the oracle, and each effect is applied
 * once. Twenty seeds of each: `npm run soak`.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll } from '../../src/e2e/command.ts';
import { FAULTS, type FaultPlaces, handEdits, type Sink, stopBeforeMerge, strikeOnce, twoRuns } from '../../src/e2e/faults.ts';
import { SqliteTargets } from '../../src/e2e/target.ts';
import { startMariadb } from '../../src/mariadb.ts';

let places: FaultPlaces;
beforeAll(async () => {
  places = { mariadb: await startMariadb(), sqlite: new SqliteTargets() };
});
afterEach(endAll);
afterAll(async () => {
  await places?.mariadb.stop();
  places?.sqlite.remove();
});

/** Seeds that strike in the merge, but for the silent connection's, which strikes in the evaluation. */
const CASES: readonly (readonly [name: string, sink: Sink, seed: number])[] = [
  ['kill -9 of an executor', 'mariadb', 9],
  ['kill -9 of the manager', 'mariadb', 13],
  ['kill -9 of the manager', 'sqlite', 15],
  ['SIGSTOP of an executor beyond its lease, then SIGCONT', 'mariadb', 15],
  ['a cut connection', 'sqlite', 1],
  ['a connection that goes silent without being closed', 'mariadb', 5],
  ['the database killed in the middle of a merge and back 10 s later', 'mariadb', 1],
  ['connections of merges killed', 'mariadb', 1],
];

test.each(CASES)('%s (%s)', async (name, sink, seed) => {
  const fault = FAULTS.find((one) => one.name === name);
  expect(await strikeOnce(places, fault!, sink, seed)).toEqual([]);
});

test('tags that people add in the middle of a merge are kept', async () => {
  expect(await handEdits(places, 'mariadb', 1)).toEqual([]);
});

test('two runs of different tags at once over the same users lose nothing', async () => {
  expect(await twoRuns(places, 'mariadb')).toEqual([]);
});

test('a stop before the merge leaves user_tags untouched', async () => {
  expect(await stopBeforeMerge(places, 'mariadb', 1)).toEqual([]);
});
