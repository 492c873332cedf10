/** A manager whose data directory is gone: the newest copy of an executor wins, and the day goes on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll } from '../../src/e2e/command.ts';
import { reportIsRight } from '../../src/e2e/exactly-once.ts';
import { verdict } from '../../src/e2e/faults.ts';
import { Fleet } from '../../src/e2e/fleet.ts';
import { rowsAfter } from '../../src/e2e/oracle.ts';
import { mariadbTarget, type Target } from '../../src/e2e/target.ts';
import { type MariadbServer, startMariadb } from '../../src/mariadb.ts';

let mariadb: MariadbServer;
let target: Target;
let fleet: Fleet;
let names = 0;
beforeAll(async () => {
  mariadb = await startMariadb();
});
afterEach(async () => {
  endAll();
  await target?.close();
  fleet?.remove();
});
afterAll(() => mariadb?.stop());

async function startFleet(executors: readonly string[], args: readonly string[] = []): Promise<void> {
  names += 1;
  target = await mariadbTarget(mariadb, `wiped_${names}`, 'before');
  await target.watchWrites();
  fleet = new Fleet({ databaseUrl: target.url, directory: mkdtempSync(join(tmpdir(), 'tagmill-wiped-')), args });
  await fleet.startManager();
  for (const name of executors) fleet.startExecutor(name);
  for (const name of executors) await fleet.executorIs(name, ['connected']);
}

const report = (): Promise<RecoveryReport> => fleet.get<RecoveryReport>('/api/v1/recovery');

async function killAndWipe(): Promise<void> {
  fleet.manager.child.kill('SIGKILL');
  await fleet.manager.ended;
  rmSync(join(fleet.options.directory, 'manager'), { recursive: true });
}

test('the newest copy wins, the run ends as if nothing had been, and what was clicked is there', async () => {
  await startFleet(['one', 'two'], ['--durability', 'copied']);
  const before = await target.rows();
  const runId = await fleet.createRun({ mode: 'task-all', business_date: '2026-11-22' });
  await fleet.act(runId, { action: 'hold', selection: [`${runId}/report`] });
  await fleet.reached(runId, 'evaluate', 40);
  await killAndWipe();
  await fleet.startManager();
  const found = await report();
  expect(found).toMatchObject({ outcome: 'copy', termBefore: 1, term: 2 });
  expect(found.candidates.find((one) => one.source === 'own')).toMatchObject({ verdict: 'missing', chain: 'missing' });
  expect(found.candidates.filter((one) => one.verdict === 'wins')).toHaveLength(1);
  const held = await fleet.instance(runId, 'report');
  expect(held?.held).toBe(true);
  await fleet.act(runId, { action: 'release', selection: [`${runId}/report`] });
  const ended = await fleet.ended(runId);
  expect(await fleet.stop()).toEqual([]);
  expect([...reportIsRight(ended), ...(await verdict(target, before, rowsAfter()))]).toEqual([]);
});
