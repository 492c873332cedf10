/** A journal on a real small disk that is full or read-only, and in a directory of another user. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DEFAULT_SETTINGS } from '@tagmill/manager/core/state';
import { encodeBatch } from '@tagmill/manager/store/codec';
import type { JournalBatch, JournalHealth } from '@tagmill/manager/store/journal';
import { SILENT_LOG } from '@tagmill/manager/store/journal-log';
import { SqliteJournal } from '@tagmill/manager/store/sqlite-journal';
import { afterEach, expect, test, type TestContext } from 'vitest';
import { mountSmallDisk, type SmallDisk } from '../../src/e2e/small-disk.ts';

const NOBODY = 65_534;
let disk: SmallDisk | undefined;
let folder: string | undefined;
let journal: SqliteJournal | undefined;
afterEach(async () => {
  await journal?.close();
  disk?.remove();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  [disk, folder, journal] = [undefined, undefined, undefined];
});

function mounted(context: TestContext, sizeBytes: number): SmallDisk {
  const made = mountSmallDisk(sizeBytes);
  if (typeof made === 'string') {
    console.warn(`skipped: ${made}`);
    context.skip(made);
  }
  disk = made as SmallDisk;
  return disk;
}

const journalIn = (dataDir: string): SqliteJournal => {
  journal = new SqliteJournal({ dataDir, settings: DEFAULT_SETTINGS, snapshotEvents: 1e15, snapshotMs: 1e9, log: SILENT_LOG });
  return journal;
};

/** Takes so many bytes, and reserves tokens up to its number. */
const batchOf = (seq: number, sizeBytes = 0): JournalBatch => ({
  seq,
  term: 1,
  blob: encodeBatch([
    { atMs: 1, event: { type: 'tokens-reserved', upTo: seq } },
    { atMs: 1, event: { type: 'executor-draining', id: 'x'.repeat(sizeBytes) } },
  ]),
});

const healthIs = (of: SqliteJournal, state: JournalHealth['state']): Promise<void> =>
  new Promise((resolve) => {
    if (of.health.state === state) return resolve();
    const end = of.onHealth((health) => {
      if (health.state !== state) return;
      end();
      resolve();
    });
  });

test('full under the journal: the batch is refused, what was confirmed stays, and its number is given again with room', async (context) => {
  const { path, fill, free } = mounted(context, 4 * 1024 * 1024);
  const one = journalIn(path);
  await one.open();
  await one.append(batchOf(1));
  fill(0);
  let seq = 2;
  // What SQLite's log has room for is taken and on disk; the first that is not is refused.
  for (;;) {
    const refused = await one.append(batchOf(seq, 100_000)).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refused === undefined) {
      seq += 1;
      continue;
    }
    expect(refused).toMatchObject({ code: 'JOURNAL_UNWRITABLE' });
    break;
  }
  await healthIs(one, 'full');
  free();
  await healthIs(one, 'ok');
  await one.append(batchOf(seq, 7));
  await one.close();
  const again = journalIn(path);
  expect(await again.open()).toMatchObject({ head: { seq }, fault: null });
});

test('full under a snapshot: none is left half, the older stands, and the journal is written on', async (context) => {
  const { path, fill, free } = mounted(context, 4 * 1024 * 1024);
  const one = journalIn(path);
  await one.open();
  await one.append(batchOf(1));
  await one.snapshot();
  await one.append(batchOf(2));
  fill(20_000);
  await expect(one.snapshot()).rejects.toThrow();
  expect(readdirSync(join(path, 'snapshots'))).toEqual(['000000000001.db']);
  expect(one.snapshotFile()?.head.seq).toBe(1);
  free();
  expect(await one.snapshot()).toMatchObject({ seq: 2 });
});

test('full at the start is told in one sentence, and with room it starts', async (context) => {
  const { path, fill, free } = mounted(context, 1024 * 1024);
  fill(0);
  await expect(journalIn(path).open()).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringContaining('no space is left') as string,
  });
  await journal?.close();
  free();
  expect(await journalIn(path).open()).toMatchObject({ fresh: true });
});

test('read-only at the start is told in one sentence', async (context) => {
  const { path, makeReadOnly, makeWritable } = mounted(context, 1024 * 1024);
  const one = journalIn(path);
  await one.open();
  await one.append(batchOf(1));
  await one.close();
  makeReadOnly();
  await expect(journalIn(path).open()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('cannot be written') as string,
  });
  await journal?.close();
  makeWritable();
  expect(await journalIn(path).open()).toMatchObject({ head: { seq: 1 }, fault: null });
});

test.each(['an empty directory', 'a journal'])('%s of another user is told in one sentence, and left as it is', async (what) => {
  folder = mkdtempSync(join(tmpdir(), 'tagmill-nobody-'));
  if (what === 'a journal') {
    const one = journalIn(folder);
    await one.open();
    await one.append(batchOf(1));
    await one.close();
  }
  const before = readdirSync(folder).sort();
  chmodSync(folder, 0o555);
  const said = await openAsNobody(folder);
  expect(said).toMatch(/^CONFIG_INVALID: .*cannot be written/);
  expect(readdirSync(folder).sort()).toEqual(before);
});

/** Opens a journal in a process that may read and not write it; what it says. */
async function openAsNobody(dataDir: string): Promise<string> {
  const script = `(async () => {
    const { SqliteJournal } = await import(${JSON.stringify(import.meta.resolve('@tagmill/manager/store/sqlite-journal'))});
    const log = { info: () => undefined, warn: () => undefined };
    const journal = new SqliteJournal({ dataDir: ${JSON.stringify(dataDir)}, settings: {}, snapshotEvents: 1e15, snapshotMs: 1e9, log });
    try { await journal.open(); console.log('opened'); } catch (error) { console.log(error.code + ': ' + error.message); }
    await journal.close();
  })()`;
  const nobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { ...nobody, cwd: tmpdir() });
  return stdout;
}
