/** A disk that fills up under the journal, under the spool, or under everything of a command. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, type TestContext } from 'vitest';
import { endAll, FIXTURES, run } from '../../src/e2e/command.ts';
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

test('under the journal: the manager ends with one message, and with room again the run goes on to its right end', async (context) => {
  const { path, fill, free } = mounted(context, 16 * 1024 * 1024);
  target = await sqlite.make('before');
  const fleet = new Fleet({ databaseUrl: target.url, directory: path });
  await fleet.startManager();
  const executors = new Fleet({ databaseUrl: target.url, directory: join(sqlite.directory, 'elsewhere') });
  executors.http = fleet.http;
  executors.grpc = fleet.grpc;
  const executor = executors.startExecutor('one');
  const runId = await fleet.createRun(RUN);
  await fleet.reached(runId, 'evaluate', 5);
  fill(0);
  const { code, stderr } = await fleet.manager.ended;
  expect(code, stderr).toBe(1);
  expect(stderr).toMatch(/^tagmill: DISK_FULL: .*journal/m);
  expect(stderr).not.toMatch(/\n\s+at /);
  free();
  await fleet.startManager();
  const report = await fleet.ended(runId);
  expect(report.state).toBe('succeeded');
  executor.child.kill('SIGTERM');
  await executor.ended;
  expect(await fleet.stop()).toEqual([]);
  await rowsAre([1, 2, 3]);
});

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
