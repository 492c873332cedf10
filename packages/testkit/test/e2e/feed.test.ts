/** The live feed of the real manager: a reader that is killed again and again misses nothing. */
import { afterAll, afterEach, expect, test } from 'vitest';
import { endAll } from '../../src/e2e/command.ts';
import type { FaultPlaces } from '../../src/e2e/faults.ts';
import { reloads } from '../../src/e2e/feed-run.ts';
import { SqliteTargets } from '../../src/e2e/target.ts';

const sqlite = new SqliteTargets();
afterEach(endAll);
afterAll(() => sqlite.remove());

test('killed and back 50 times during a run: the same states at the same numbers, and in the end the server’s', async () => {
  const places = { sqlite } as FaultPlaces;
  expect(await reloads(places, 'sqlite', 1)).toEqual([]);
});
