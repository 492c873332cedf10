/** The manager is replaced in the middle of a run. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll } from '../../src/e2e/command.ts';
import type { KillPlaces } from '../../src/e2e/kill-world.ts';
import { rollingSteps } from '../../src/e2e/rolling.ts';
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

/** Beside other tests on the same cores; the benchmark `restart` holds the real bound. */
const MOST_MS = 10_000;

test.each(['sqlite', 'mariadb'] as const)('SIGTERM, and the next one: nothing is lost or done again (%s)', async (sink) => {
  const { wrong, gapsMs } = await rollingSteps(places, sink);
  expect(wrong).toEqual([]);
  expect(Math.max(...gapsMs)).toBeLessThan(MOST_MS);
});
