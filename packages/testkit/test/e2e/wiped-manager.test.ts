/** A manager whose data directory is gone: the newest copy of an executor wins, and the day goes on. */
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signatureOf, stateKeyOf } from '@tagmill/manager/shell/recovery-key';
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll, run, until } from '../../src/e2e/command.ts';
import { reportIsRight } from '../../src/e2e/exactly-once.ts';
import { verdict } from '../../src/e2e/faults.ts';
import { Fleet, SECRETS } from '../../src/e2e/fleet.ts';
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
  // All that were sent copies have answered: nobody else is waited for.
  expect(found).toMatchObject({ outcome: 'copy', termBefore: 1, term: 2, window: { ms: 5_000, closedEarly: true } });
  expect(found.candidates.find((one) => one.source === 'own')).toMatchObject({ verdict: 'missing', chain: 'missing' });
  expect(found.candidates.filter((one) => one.verdict === 'wins')).toHaveLength(1);
  const held = await fleet.instance(runId, 'report');
  expect(held?.held).toBe(true);
  await fleet.act(runId, { action: 'release', selection: [`${runId}/report`] });
  const ended = await fleet.ended(runId);
  expect(await fleet.stop()).toEqual([]);
  expect([...reportIsRight(ended), ...(await verdict(target, before, rowsAfter()))]).toEqual([]);
});

test('a copy that is 10 GB long and one with a forged signature are refused: the good one wins', async () => {
  await startFleet(['one', 'huge', 'forged'], ['--durability', 'copied']);
  const runId = await fleet.createRun({ mode: 'noop', shards: 50 });
  await fleet.ended(runId);
  for (const name of ['huge', 'forged']) {
    const { child, ended } = fleet.executors.get(name)!;
    child.kill('SIGKILL');
    await ended;
  }
  await killAndWipe();
  const lineage = plantSnapshot('huge', 10_000_000_000, stateKeyOf({ stateKey: undefined, joinToken: SECRETS.TAGMILL_JOIN_TOKEN }));
  plantSnapshot('forged', 4_096, new Uint8Array(32));
  for (const name of ['huge', 'forged']) fleet.startExecutor(name);
  await fleet.startManager();
  const found = await report();
  expect(found).toMatchObject({ outcome: 'copy', lineage });
  const why = (name: string): string | undefined => found.candidates.find((one) => one.name === name)?.why;
  expect(found.candidates.find((one) => one.verdict === 'wins')?.name).toBe('one');
  expect(why('huge')).toMatch(/10000000000 bytes/);
  expect(why('forged')).toMatch(/signature/);
  expect((await fleet.ended(runId)).state).toBe('succeeded');
  expect(await fleet.stop()).toEqual([]);
});

/** Puts a snapshot far ahead of the journal into an executor's copy, sparse on the disk. Gives the history's name. */
function plantSnapshot(executor: string, sizeBytes: number, key: Uint8Array): string {
  const folder = join(fleet.options.directory, executor, 'copies');
  const [lineage] = readdirSync(folder) as [string];
  const hash = Buffer.alloc(32, 1);
  const contentHash = Buffer.alloc(32, 2);
  const mac = signatureOf(key, 'snapshot', { lineage, term: 9, seq: 9_999, hash }, contentHash);
  const [hashHex, macHex, contentHex] = [hash, mac, contentHash].map((bytes) => bytes.toString('hex'));
  const head = `${JSON.stringify({ lineage, term: 9, seq: 9_999, sizeBytes, hash: hashHex, mac: macHex, contentHash: contentHex })}\n`;
  writeFileSync(join(folder, lineage, 'snapshot'), head);
  truncateSync(join(folder, lineage, 'snapshot'), head.length + sizeBytes);
  writeFileSync(join(folder, lineage, 'tail'), '');
  return lineage;
}

test('with nothing left the start stops and says what is missing; a person may go on without it', async () => {
  await startFleet(['one'], ['--recovery-window', '3s']);
  const runId = await fleet.createRun({ mode: 'noop', shards: 50 });
  await fleet.ended(runId);
  const { child, ended } = fleet.executors.get('one')!;
  child.kill('SIGKILL');
  await ended;
  await killAndWipe();
  const starting = fleet.startManager();
  const waiting = await until('the manager that waits', async () => {
    const answer = await fleet.call('GET', '/readyz').catch(() => undefined);
    const ready = answer?.status === 503 ? ((await answer.json()) as { why: string }) : undefined;
    return ready?.why.startsWith('recovering: the data directory') === true ? report() : undefined;
  });
  expect(waiting).toMatchObject({ outcome: 'recovering', term: 0, candidates: [{ name: 'own', verdict: 'missing' }] });
  await expect(starting).rejects.toThrow(/RECOVERY_REFUSED: .*may have been confirmed, and no copy.*--accept-loss/s);
  const accepting = new Fleet({ ...fleet.options, args: ['--recovery-window', '1s', '--accept-loss'] });
  accepting.http = fleet.http;
  accepting.grpc = fleet.grpc;
  fleet = accepting;
  await fleet.startManager();
  expect(await report()).toMatchObject({ outcome: 'fresh' });
  expect(await fleet.stop()).toEqual([]);
});

test('a second manager on the same data directory, or on the same database, is refused', async () => {
  await startFleet([]);
  const second = (database: string, dataDir: string) =>
    run(
      [
        ...['manager', '--database', database, '--tables', '.', '--data-dir', dataDir],
        ...['--http', '127.0.0.1:0', '--grpc', '127.0.0.1:0', '--log-level', 'silent'],
      ],
      { env: SECRETS },
    );
  const { directory, databaseUrl } = fleet.options;
  const sameDirectory = await second(`sqlite:${join(directory, 'other.sqlite')}`, join(directory, 'manager'));
  expect(sameDirectory).toMatchObject({ code: 4, stderr: expect.stringContaining('MANAGER_LIVE') });
  const sameDatabase = await second(databaseUrl, join(directory, 'second'));
  expect(sameDatabase).toMatchObject({ code: 4, stderr: expect.stringContaining('MANAGER_LIVE') });
  expect(await fleet.stop()).toEqual([]);
});
