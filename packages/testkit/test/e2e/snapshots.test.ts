/** Snapshots of a real manager: made while a run is under way, gone on from after kill -9, backed up and restored. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { endAll, run, until } from '../../src/e2e/command.ts';
import { Fleet } from '../../src/e2e/fleet.ts';
import { differences, evaluation, merged, part, rowsBefore } from '../../src/e2e/oracle.ts';
import { SqliteTargets, type Target } from '../../src/e2e/target.ts';

const sqlite = new SqliteTargets();
let target: Target;
afterEach(async () => {
  endAll();
  await target?.close();
});
afterAll(() => sqlite.remove());

const RUN = { mode: 'task-tags', tag_ids: [1, 2, 3], business_date: '2026-11-22' } as const;

test('a manager that is killed goes on from its newest snapshot; a backup of it while it runs is whole, and can be restored', async () => {
  target = await sqlite.make('before');
  const directory = join(sqlite.directory, 'snapshots');
  const dataDir = join(directory, 'manager');
  const fleet = new Fleet({ databaseUrl: target.url, directory, args: ['--snapshot-interval', '200ms', '--copies', '0'] });
  await fleet.startManager();
  fleet.startExecutor('one');
  const runId = await fleet.createRun(RUN);
  await fleet.reached(runId, 'evaluate', 3);
  await until('three snapshots', () => (namesIn(dataDir).length === 3 ? true : undefined));
  const { checks } = await fleet.get<{ checks: Record<string, string> }>('/health');
  expect(checks['snapshot']).toMatch(/^entry \d+, 5 instances, \d+ KiB, made \d+ s ago$/);
  fleet.manager.child.kill('SIGKILL');
  await fleet.manager.ended;
  expect((await run(['journal', 'verify', '--data-dir', dataDir])).stdout).toMatch(/everything that a start needs holds/);
  await fleet.startManager();
  const backup = join(directory, 'backup');
  expect(await run(['backup', '--data-dir', dataDir, '--to', backup])).toMatchObject({ code: 0 });
  expect((await run(['journal', 'verify', '--data-dir', backup])).code).toBe(0);
  expect((await fleet.ended(runId)).state).toBe('succeeded');
  expect(await fleet.stop()).toEqual([]);
  expect(differences(await target.rows(), merged(rowsBefore(), part(evaluation(), new Set([1, 2, 3]))))).toEqual([]);
  rmSync(dataDir, { recursive: true });
  expect(await run(['restore', '--from', backup, '--data-dir', dataDir])).toMatchObject({ code: 0 });
  const refused = await fleet.startManager().then(
    () => 'started',
    (error: unknown) => String(error),
  );
  // More was confirmed since the backup: without a word of a person nothing of that is dropped.
  expect(refused).toMatch(/RECOVERY_REFUSED/);
});

const namesIn = (dataDir: string): string[] => readdirSync(join(dataDir, 'snapshots')).filter((name) => name.endsWith('.db'));
