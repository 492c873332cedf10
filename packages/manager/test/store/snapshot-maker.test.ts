import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TagmillError } from '@tagmill/shared/errors';
import { afterEach, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/core/state.ts';
import { encodeBatch } from '../../src/store/codec.ts';
import type { JournalBatch, SnapshotHead } from '../../src/store/journal.ts';
import { SILENT_LOG } from '../../src/store/journal-log.ts';
import { tempPath } from '../../src/store/snapshot-folder.ts';
import type { SnapshotWork } from '../../src/store/snapshot-messages.ts';
import { SnapshotProcess } from '../../src/store/snapshot-process.ts';
import { type JournalOptions, SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { batchOf, readAll, type TempFolder, tempFolder, write } from './journals.ts';

let folder: TempFolder | undefined;
let journal: SqliteJournal | undefined;
afterEach(async () => {
  await journal?.close();
  folder?.[Symbol.dispose]();
  folder = undefined;
});

async function open(options: Partial<JournalOptions>): Promise<{ readonly journal: SqliteJournal; readonly made: SnapshotHead[] }> {
  folder ??= tempFolder();
  journal = new SqliteJournal({
    dataDir: folder.path,
    settings: DEFAULT_SETTINGS,
    snapshotEvents: Number.MAX_SAFE_INTEGER,
    snapshotMs: 3_600_000,
    log: SILENT_LOG,
    ...options,
  });
  const made: SnapshotHead[] = [];
  journal.onSnapshot((head) => made.push(head));
  await journal.open();
  return { journal, made };
}

const nextSnapshot = (of: SqliteJournal): Promise<SnapshotHead> =>
  new Promise((resolve) => {
    const end = of.onSnapshot((head) => {
      end();
      resolve(head);
    });
  });

/** Leases of shards that nobody knows: they count as events and change nothing. */
const shards = (seq: number, count: number): JournalBatch => ({
  seq,
  term: 1,
  blob: encodeBatch([
    {
      atMs: 1,
      event: {
        type: 'results',
        executor: 'nobody',
        fanOut: 77,
        shards: new Uint32Array(count),
        tokens: new Float64Array(count),
        status: new Uint8Array(count),
        details: null,
      },
    },
  ]),
});

test('one is made after so many events, each shard of a result as one', async () => {
  const { journal: one, made } = await open({ snapshotEvents: 1_000 });
  await one.append(shards(1, 400));
  await one.append(shards(2, 400));
  expect(made).toEqual([]);
  const next = nextSnapshot(one);
  await one.append(shards(3, 400));
  expect(await next).toMatchObject({ seq: 3 });
});

test('one is made after a time when something was written, and none when nothing was', async () => {
  const { journal: one, made } = await open({ snapshotMs: 20 });
  const next = nextSnapshot(one);
  await write(one, 1, 1);
  expect(await next).toMatchObject({ seq: 1 });
  const after = nextSnapshot(one);
  await write(one, 2, 2);
  expect(await after).toMatchObject({ seq: 2 });
  expect(made).toHaveLength(2);
});

test('what was written while one was made longer than the time between two is in the next', async () => {
  const { journal: one } = await open({ snapshotMs: 5 });
  const first = nextSnapshot(one);
  await write(one, 1, 1);
  let at = 1;
  for (let made = false; !made; ) {
    at += 1;
    await write(one, at, at);
    made = await Promise.race([first.then(() => true), new Promise<false>((resolve) => setTimeout(() => resolve(false), 20))]);
  }
  expect((await nextSnapshot(one)).seq).toBeGreaterThan(1);
});

test('batches are committed while one is made, and a journal that is closed in the middle of one leaves nothing half', async () => {
  const { journal: one } = await open({});
  await write(one, 1, 20);
  const making = one.snapshot();
  await write(one, 21, 40);
  const head = await making;
  expect(head.seq).toBe(20);
  await write(one, 41, 41);
  const cut = one.snapshot().catch((error: unknown) => error);
  await one.close();
  await cut;
  const left = readdirSync(join(folder!.path, 'snapshots'));
  expect(left.filter((name) => !/^\d{12}\.db$/.test(name))).toEqual([]);
  const { journal: again } = await open({});
  expect((await readAll(again)).state.tokensReserved).toBe(41_000);
});

const workOn = (dataDir: string, toSeq: number): SnapshotWork => ({
  dataDir,
  settings: DEFAULT_SETTINGS,
  from: [],
  toSeq,
  temp: tempPath(dataDir, toSeq),
});

const filesIn = (dataDir: string): string[] => readdirSync(join(dataDir, 'snapshots'));

test('one whose process is killed leaves nothing, and the next is made', async () => {
  const { journal: one } = await open({});
  await write(one, 1, 20);
  const maker = new SnapshotProcess({ unusable: () => undefined, damaged: () => undefined });
  const cut = maker.make(workOn(folder!.path, 20));
  process.kill(maker.pid!, 'SIGKILL');
  await expect(cut).rejects.toThrow('the process that makes snapshots ended (SIGKILL) before it had made one');
  expect(filesIn(folder!.path)).toEqual([]);
  expect(await maker.make(workOn(folder!.path, 20))).toMatchObject({ head: { seq: 20 } });
  await maker.close();
  expect(await one.snapshot()).toMatchObject({ seq: 20 });
});

test('one whose manager is killed ends by itself, and names no file', async () => {
  const { journal: one } = await open({});
  await write(one, 1, 20);
  const main = fileURLToPath(new URL('./snapshot-orphan-main.ts', import.meta.url));
  const { stdout, signal } = spawnSync(process.execPath, [main, folder!.path, '20'], { encoding: 'utf8' });
  expect(signal).toBe('SIGKILL');
  const isThere = () => existsSync(`/proc/${stdout}/cmdline`) && readFileSync(`/proc/${stdout}/cmdline`, 'utf8').includes('snapshot-main');
  await expect.poll(isThere, { timeout: 30_000 }).toBe(false);
  expect(filesIn(folder!.path).filter((name) => name.endsWith('.db'))).toEqual([]);
});

test('one for which there is no folder fails with an error of ours, and the journal closes all the same', async () => {
  const { journal: one } = await open({});
  await write(one, 1, 3);
  rmSync(join(folder!.path, 'snapshots'), { recursive: true });
  writeFileSync(join(folder!.path, 'snapshots'), 'not a folder');
  await expect(one.snapshot()).rejects.toBeInstanceOf(TagmillError);
  await one.close();
});

test('nothing is made of a journal in which nothing is', async () => {
  const { journal: one } = await open({});
  await expect(one.snapshot()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await one.append(batchOf(1));
  expect(await one.snapshot()).toMatchObject({ seq: 1 });
});
