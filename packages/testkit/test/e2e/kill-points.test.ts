/** A manager that is killed again and again, in one run, at points spread over its journal. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll } from '../../src/e2e/command.ts';
import type { Sink } from '../../src/e2e/faults.ts';
import { killPoints } from '../../src/e2e/kill-points.ts';
import type { KillPlaces } from '../../src/e2e/kill-world.ts';
import { lostAtItsStart } from '../../src/e2e/lost-at-start.ts';
import { SqliteTargets } from '../../src/e2e/target.ts';
import { startMariadb } from '../../src/mariadb.ts';

let places: KillPlaces;
beforeAll(async () => {
  places = { mariadb: await startMariadb(), sqlite: new SqliteTargets() };
});
afterEach(endAll);
afterAll(async () => {
  await places?.mariadb.stop();
  places?.sqlite.remove();
});

test.each<readonly [Sink, number, number]>([
  ['sqlite', 16, 0],
  ['mariadb', 20, 4],
])(
  'what was acknowledged or told as done is there after each kill (%s, %i kills, %i with the data directory lost)',
  async (sink, kills, wipes) => {
    const done = await killPoints(places, { sink, kills, wipes, clicks: 20, shardRows: 20, seed: kills });
    expect(done.wrong).toEqual([]);
    expect(done.kills).toBeGreaterThan(kills / 2);
    expect(done.wipes).toBeGreaterThanOrEqual(wipes / 2);
    expect(done.clicks).toBeGreaterThan(10);
    expect(done.longestGap).toBeLessThan(0.5);
  },
  400_000,
);

test('a manager that is lost with its disk before anything of its term is copied has confirmed nothing: the copies are enough', async () => {
  expect(await lostAtItsStart(places)).toEqual([]);
});
