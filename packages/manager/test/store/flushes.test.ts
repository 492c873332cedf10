/** A commit that is answered is on the disk: both databases flush at every commit, and say so before the first write. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { JournalFile } from '../../src/store/journal-file.ts';
import { openSqlite } from '../../src/tagstore/sqlite/open.ts';

const folder = mkdtempSync(join(tmpdir(), 'tagmill-flushes-'));
afterEach(() => void vi.restoreAllMocks());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How the handle that `open` gives flushes: 2 is at every commit. */
function flushing(open: () => void): number[] {
  const handles = new Set<Database.Database>();
  const real = Database.prototype.pragma;
  vi.spyOn(Database.prototype, 'pragma').mockImplementation(function (this: Database.Database, ...args) {
    handles.add(this);
    return Reflect.apply(real, this, args) as unknown;
  });
  open();
  return [...handles]
    .filter((handle) => handle.open)
    .map((handle) => Reflect.apply(real, handle, ['synchronous', { simple: true }]) as number);
}

const FULL = 2;

test('the journal flushes at every commit', () => {
  let file: JournalFile | undefined;
  expect(
    flushing(() => {
      file = JournalFile.open(join(folder, 'journal.db'), { create: true });
    }),
  ).toEqual([FULL]);
  file?.close();
});

test('the embedded tag store flushes at every commit', () => {
  let database: ReturnType<typeof openSqlite> | undefined;
  expect(
    flushing(() => {
      database = openSqlite(join(folder, 'tags.db'));
    }),
  ).toEqual([FULL]);
  database?.close();
});
