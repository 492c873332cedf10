/** A manager that is killed while 200 shards run: its executors go on, and nothing that they hold is done again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import type { InstanceRecord } from '@tagmill/shared/feed/views';
import { afterAll, afterEach, expect, test } from 'vitest';
import { endAll, until } from '../../src/e2e/command.ts';
import { descendants, Fleet } from '../../src/e2e/fleet.ts';
import { SqliteTargets, type Target } from '../../src/e2e/target.ts';

const sqlite = new SqliteTargets();
let target: Target;
let fleet: Fleet;
afterEach(async () => {
  endAll();
  await target?.close();
  fleet?.remove();
});
afterAll(() => sqlite.remove());

const SHARDS = 200;
const NAMES = ['one', 'two'] as const;

test.each([
  ['with its data directory', false],
  ['with an empty one, so that a copy wins', true],
])('killed in the middle of 200 running shards and started again %s: none is done again', async (_name, wiped) => {
  target = await sqlite.make('before');
  fleet = new Fleet({
    databaseUrl: target.url,
    directory: mkdtempSync(join(tmpdir(), 'tagmill-reattach-')),
    args: ['--durability', 'copied'],
  });
  await fleet.startManager();
  const executors = NAMES.map((name) => fleet.startExecutor(name));
  for (const name of NAMES) await fleet.executorIs(name, ['connected']);
  await fleet.ended(await fleet.createRun({ mode: 'noop', shards: 2_000 }));
  // The executors live and their workers stand still: what is leased now runs until they go on.
  const workers = executors.flatMap(({ pid }) => descendants(pid));
  for (const pid of workers) process.kill(pid, 'SIGSTOP');
  const runId = await fleet.createRun({ mode: 'noop', shards: SHARDS });
  const running = await until('200 running shards', async () => {
    const { instances } = await fleet.get<{ instances: InstanceRecord[] }>(`/api/v1/runs/${runId}/graph`);
    return instances.find((one) => one.shardsRunning === SHARDS);
  });
  // Leases reach the journal, and a copy, with the batch that comes next: at the latest with a click that is confirmed.
  await fleet.act(runId, { action: 'hold', selection: [running.id] });
  fleet.manager.child.kill('SIGKILL');
  await fleet.manager.ended;
  if (wiped) rmSync(join(fleet.options.directory, 'manager'), { recursive: true });
  await fleet.startManager();
  const found = await until('the word of both executors', async () => {
    const report = await fleet.get<RecoveryReport>('/api/v1/recovery');
    const { running: all, kept, accepted, redone } = report.attempts;
    return all > 0 && kept + accepted + redone === all ? report : undefined;
  });
  expect(found).toMatchObject({ outcome: wiped ? 'copy' : 'own', attempts: { running: SHARDS, kept: SHARDS, accepted: 0, redone: 0 } });
  for (const pid of workers) process.kill(pid, 'SIGCONT');
  await fleet.act(runId, { action: 'release', selection: [running.id] });
  const report = await fleet.ended(runId);
  expect(report).toMatchObject({ state: 'succeeded', shards: { total: SHARDS, attempts: SHARDS } });
  expect(await fleet.stop()).toEqual([]);
});
