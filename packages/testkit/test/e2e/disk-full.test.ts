/** A disk that fills up under the journal, under the spool, or under everything of a command. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, type TestContext } from 'vitest';
import { endAll, FIXTURES, run, until } from '../../src/e2e/command.ts';
import { Fleet, LEASE_MS } from '../../src/e2e/fleet.ts';
import { differences, evaluation, merged, part, rowsBefore } from '../../src/e2e/oracle.ts';
import { mountSmallDisk, type SmallDisk } from '../../src/e2e/small-disk.ts';
import { SqliteTargets, type Target } from '../../src/e2e/target.ts';

const sqlite = new SqliteTargets();
let target: Target;
let disk: SmallDisk | undefined;
afterEach(async () => {
  endAll();
  await target?.close();
  disk?.remove();
  disk = undefined;
});
afterAll(() => sqlite.remove());

/** A small disk, or the test is skipped and says why. */
function mounted(context: TestContext, sizeBytes: number): SmallDisk {
  const made = mountSmallDisk(sizeBytes);
  if (typeof made === 'string') {
    console.warn(`skipped: ${made}`);
    context.skip(made);
  }
  disk = made as SmallDisk;
  return disk;
}

const rowsAre = async (tags: readonly number[]): Promise<void> => {
  expect(differences(await target.rows(), merged(rowsBefore(), part(evaluation(), new Set(tags))))).toEqual([]);
};
const RUN = { mode: 'task-tags', tag_ids: [1, 2, 3], business_date: '2026-11-22' } as const;

const whyNotReady = async (fleet: Fleet): Promise<string> => ((await (await fleet.call('GET', '/readyz')).json()) as { why: string }).why;

/** How a new run is answered: status and code. */
async function newRun(fleet: Fleet): Promise<string> {
  const answer = await fleet.call('POST', '/api/v1/runs', RUN);
  const { code = '' } = (await answer.json()) as { readonly code?: string };
  return `${answer.status} ${code}`;
}

const readyAgain = (fleet: Fleet): Promise<true> =>
  until('the manager takes work again', async () => ((await fleet.call('GET', '/readyz')).ok ? true : undefined));
const notReady = (fleet: Fleet, words: RegExp): Promise<true> =>
  until(`/readyz says ${words}`, async () => (words.test(await whyNotReady(fleet)) ? true : undefined));

test('under the journal: nothing is confirmed, clicks are refused, reads are served; with room again it goes on by itself', async (context) => {
  const { path, fill, free, makeReadOnly, makeWritable } = mounted(context, 16 * 1024 * 1024);
  target = await sqlite.make('before');
  const fleet = new Fleet({ databaseUrl: target.url, directory: path });
  await fleet.startManager();
  const executors = new Fleet({ databaseUrl: target.url, directory: join(sqlite.directory, 'elsewhere') });
  executors.grpc = fleet.grpc;
  const executor = executors.startExecutor('one');
  const runId = await fleet.createRun(RUN);
  await fleet.reached(runId, 'evaluate', 3);
  fill(0);
  await notReady(fleet, /no space is left for the journal/);
  expect(await newRun(fleet)).toBe('503 JOURNAL_UNWRITABLE');
  const click = await fleet.call('POST', `/api/v1/runs/${runId}/actions`, { action: 'stop', filter: {} });
  expect([click.status, await click.text()]).toEqual([503, expect.stringContaining('not taken: no space is left')]);
  expect((await fleet.get<{ runs: { state: string }[] }>('/api/v1/runs')).runs[0]?.state).toBe('running');
  const health = await fleet.call('GET', '/health');
  expect([health.status, await health.text()]).toEqual([503, expect.stringContaining('no space is left')]);
  makeReadOnly();
  await notReady(fleet, /disk of the journal .* cannot be written/);
  expect(await newRun(fleet)).toBe('503 JOURNAL_UNWRITABLE');
  makeWritable();
  await notReady(fleet, /no space is left for the journal/);
  free();
  await readyAgain(fleet);
  const report = await fleet.ended(runId);
  expect(report.state).toBe('succeeded');
  expect((await fleet.get<{ runs: unknown[] }>('/api/v1/runs')).runs).toHaveLength(1);
  await fleet.manager.said(/takes no writes|no space is left/);
  executor.child.kill('SIGTERM');
  await executor.ended;
  expect(await fleet.stop()).toEqual([]);
  await rowsAre([1, 2, 3]);
});

test('under the journal of a manager that is killed then: what was confirmed is there, what was refused is not', async (context) => {
  const { path, fill, free } = mounted(context, 16 * 1024 * 1024);
  target = await sqlite.make('before');
  const fleet = new Fleet({ databaseUrl: target.url, directory: path });
  await fleet.startManager();
  const first = await fleet.createRun(RUN);
  fill(0);
  await until('a run is refused', async () => ((await newRun(fleet)) === '503 JOURNAL_UNWRITABLE' ? true : undefined));
  fleet.manager.child.kill('SIGKILL');
  await fleet.manager.ended;
  const taken = (await fleetRuns(fleet, free)).map((run) => run.id);
  // A run that was taken while the last bytes went is one that was confirmed, too.
  expect(taken).toContain(first);
  const executors = new Fleet({ databaseUrl: target.url, directory: join(sqlite.directory, 'later') });
  executors.grpc = fleet.grpc;
  const executor = executors.startExecutor('one');
  for (const runId of taken) expect((await fleet.ended(runId)).state).toBe('succeeded');
  executor.child.kill('SIGTERM');
  await executor.ended;
  expect(await fleet.stop()).toEqual([]);
  await rowsAre([1, 2, 3]);
});

/** With room again: the runs that a new manager knows. */
async function fleetRuns(fleet: Fleet, free: () => void): Promise<readonly { readonly id: string }[]> {
  free();
  await fleet.startManager();
  return (await fleet.get<{ runs: { id: string }[] }>('/api/v1/runs')).runs;
}

test('under the spool: the run fails for it, says so, and writes nothing', async (context) => {
  const { path, fill } = mounted(context, 8 * 1024 * 1024);
  target = await sqlite.make('before');
  const fleet = new Fleet({ databaseUrl: target.url, directory: join(sqlite.directory, 'spool') });
  await fleet.startManager();
  const cache = join(path, 'cache');
  mkdirSync(cache);
  const executors = new Fleet({ databaseUrl: target.url, directory: cache });
  executors.grpc = fleet.grpc;
  const executor = executors.startExecutor('one');
  const runId = await fleet.createRun(RUN);
  await fleet.reached(runId, 'evaluate', 3);
  fill(0);
  const report = await fleet.ended(runId);
  expect(report.state).toBe('failed');
  expect(report.tags.map((tag) => tag.error?.code)).toEqual(['DISK_FULL', 'DISK_FULL', 'DISK_FULL']);
  expect(report.tags[0]?.error?.message).toContain(path);
  executor.child.kill('SIGTERM');
  expect((await executor.ended).stderr).not.toMatch(/\n\s+at /);
  expect(await fleet.stop()).toEqual([]);
  await rowsAre([]);
});

test.each([0, 300_000])(
  'under everything that a command puts aside, with %i bytes left: one message, nothing written',
  async (left, context) => {
    const { path, fill } = mounted(context as unknown as TestContext, 8 * 1024 * 1024);
    target = await sqlite.make('before');
    fill(left);
    const args = ['task-tags', '--tag-ids', '1,2,3', '--database', target.url, '--tables', join(FIXTURES, 'tables'), '--shard-rows', '500'];
    const { code, stderr } = await run([...args, '--business-date', '2026-11-22', '--time-zone', 'Asia/Shanghai'], {
      env: { TMPDIR: path },
    });
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/^tagmill: DISK_FULL: /m);
    expect(stderr).not.toMatch(/\n\s+at |INTERNAL/);
    await rowsAre([]);
  },
  LEASE_MS * 30,
);
