/** What a disk may do to the files of a journal, and what a start finds then. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FAULT, plantFaults } from '../../src/store/journal-messages.ts';
import { readSections, verifySnapshotFile, writeSnapshotFile } from '../../src/store/snapshot-file.ts';
import { snapshotPath } from '../../src/store/snapshot-folder.ts';
import type { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { batchOf, readAll, seqsOf, sqliteJournal, type TempFolder, tempFolder, write } from './journals.ts';

let folder: TempFolder;
let made: SqliteJournal[] = [];
beforeEach(() => {
  folder = tempFolder();
});
afterEach(async () => {
  for (const journal of made) await journal.close();
  made = [];
  folder[Symbol.dispose]();
});

const open = async () => {
  const journal = sqliteJournal(folder.path);
  made.push(journal);
  return { journal, survey: await journal.open() };
};
const journalPath = () => join(folder.path, 'journal.db');
const asides = () => readdirSync(folder.path).filter((name) => name.startsWith('aside-'));

/** A journal of so many entries with snapshots at some, closed. */
async function written(entries: number, snapshotsAt: readonly number[] = []): Promise<void> {
  const { journal } = await open();
  for (let seq = 1; seq <= entries; seq++) {
    await write(journal, seq, seq);
    if (snapshotsAt.includes(seq)) await journal.snapshot();
  }
  await journal.close();
}

function edit(path: string, sql: string, ...values: unknown[]): void {
  const database = new Database(path);
  database.prepare(sql).run(...values);
  database.close();
}

function flipBit(path: string, at: number, bit = 0): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1 << bit;
  writeFileSync(path, bytes);
}

describe('a snapshot file', () => {
  test('truncated at every 1/50 of its length is not used: the older one is, and the journal behind it', async () => {
    await written(6, [2, 4]);
    const path = snapshotPath(folder.path, 4);
    const whole = readFileSync(path);
    for (let part = 0; part < 50; part++) {
      truncateSync(path, Math.floor((whole.length * part) / 50));
      expect(() => verifySnapshotFile(path), `${part}/50`).toThrow(/cannot be used/);
      if (part % 7 === 0) {
        const { journal, survey } = await open();
        expect(survey).toMatchObject({ head: { seq: 6 }, fault: null });
        const read = await readAll(journal);
        expect([read.from, seqsOf(read.batches), read.state.tokensReserved]).toEqual([2, [3, 4, 5, 6], 6_000]);
        await journal.close();
      }
      writeFileSync(path, whole);
    }
    expect(verifySnapshotFile(path)).toMatchObject({ seq: 4 });
  });

  test('with one flipped bit in any of its chunks, or in what it says that it is, is not used', async () => {
    const path = join(folder.path, 'many.db');
    const sections = Array.from({ length: 40 }, (_, i) => ({ name: `section ${i}`, bytes: new Uint8Array(40_000).fill(i + 1) }));
    const at = { lineage: 'a', term: 1, seq: 9, hash: new Uint8Array(32).fill(7) };
    const head = writeSnapshotFile(path, { ...at, atMs: 5, format: 1, nodes: 3 }, sections);
    expect(verifySnapshotFile(path)).toEqual(head);
    const whole = readFileSync(path);
    for (let i = 0; i < sections.length; i++) {
      // Of the first bytes SQLite may have left another copy that nothing points to.
      const place = whole.lastIndexOf(Buffer.alloc(1_000, i + 1));
      expect(place).toBeGreaterThan(0);
      flipBit(path, place + ((i * 17) % 900), i % 8);
      expect(() => verifySnapshotFile(path), `chunk ${i}`).toThrow(new RegExp(`part ${i + 1} does not hold`));
      writeFileSync(path, whole);
    }
    for (const [key, value] of [
      ['seq', '8'],
      ['term', '2'],
      ['lineage', 'b'],
      ['chunks', '39'],
      ['hash', '00'.repeat(32)],
      ['nodes', '4'],
    ] as const) {
      edit(path, 'UPDATE meta SET value = ? WHERE key = ?', value, key);
      expect(() => verifySnapshotFile(path), key).toThrow(/cannot be used/);
      writeFileSync(path, whole);
    }
    edit(path, 'DELETE FROM chunk WHERE number = 40');
    expect(() => verifySnapshotFile(path)).toThrow(/not all there/);
    writeFileSync(path, whole);
    edit(path, 'CREATE VIEW more AS SELECT * FROM chunk');
    expect(() => [...readSections(path)]).toThrow(/other tables/);
  });

  test('that is none, or another journal’s, is not used', async () => {
    await written(3, [3]);
    const foreign = tempFolder();
    const other = sqliteJournal(foreign.path);
    await other.open();
    await write(other, 1, 5);
    await other.snapshot();
    await other.close();
    copyFileSync(snapshotPath(foreign.path, 5), snapshotPath(folder.path, 5));
    foreign[Symbol.dispose]();
    writeFileSync(snapshotPath(folder.path, 7), 'not a database');
    const { survey } = await open();
    expect(survey.snapshots.map(({ seq }) => seq)).toEqual([3]);
    expect(survey).toMatchObject({ head: { seq: 3 }, fault: null });
  });

  test('none that can be used, and the journal trimmed: the start is told, nothing is guessed', async () => {
    await written(5, [1, 2, 3, 4]);
    for (const seq of [2, 3, 4]) truncateSync(snapshotPath(folder.path, seq), 100);
    const { journal, survey } = await open();
    expect(survey).toMatchObject({ fresh: false, head: null, snapshots: [], fault: { kind: 'unreadable', atSeq: 2, lastSeq: 5 } });
    expect(await journal.read({ snapshot: () => undefined, batch: () => undefined })).toBeNull();
    await expect(journal.append(batchOf(6))).rejects.toThrow(/no snapshot of what was before can be used/);
  });

  test('half written by a process that ended is removed, and counts for nothing', async () => {
    await written(2, [2]);
    const temp = `${snapshotPath(folder.path, 9)}.tmp`;
    writeFileSync(temp, 'half');
    writeFileSync(`${temp}-journal`, 'half');
    const { survey } = await open();
    expect(survey.snapshots.map(({ seq }) => seq)).toEqual([2]);
    expect(readdirSync(join(folder.path, 'snapshots'))).toEqual(['000000000002.db']);
  });

  test('that rots while the manager runs is left out: the next is made from the older one', async () => {
    const { journal } = await open();
    await write(journal, 1, 2);
    await journal.snapshot();
    await write(journal, 3, 4);
    await journal.snapshot();
    truncateSync(snapshotPath(folder.path, 4), 5_000);
    await write(journal, 5, 5);
    expect(await journal.snapshot()).toMatchObject({ seq: 5 });
    await journal.close();
    const { journal: again } = await open();
    expect((await readAll(again)).state.tokensReserved).toBe(5_000);
  });

  test('of a newer version stops the start with a sentence', async () => {
    await written(2, [2]);
    const path = snapshotPath(folder.path, 2);
    const head = verifySnapshotFile(path);
    const sections = [...readSections(path)];
    writeSnapshotFile(path, { ...head, format: 99 }, sections);
    await expect(open()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/state format 99.*newer/) as string,
    });
  });
});

describe('a journal file', () => {
  test('with a torn last entry holds up to the one before; what was torn is moved aside, not deleted', async () => {
    await written(4);
    edit(journalPath(), 'UPDATE journal SET batch = substr(batch, 1, length(batch) - 3) WHERE seq = 4');
    const { journal, survey } = await open();
    expect(survey).toMatchObject({ head: { seq: 3 }, fault: { kind: 'torn', atSeq: 4, lastSeq: 4 } });
    expect(seqsOf((await readAll(journal)).batches)).toEqual([1, 2, 3]);
    expect(asides()).toEqual([]);
    await write(journal, 4, 5, 2);
    await journal.close();
    expect(asides()).toHaveLength(1);
    const aside = new Database(join(folder.path, asides()[0]!, 'journal.db'), { readonly: true });
    expect(aside.prepare('SELECT count(*) FROM journal').pluck().get()).toBe(4);
    aside.close();
    const again = await open();
    expect(again.survey).toMatchObject({ head: { seq: 5, term: 2 }, fault: null });
  });

  test.each([
    ['a missing middle', 'DELETE FROM journal WHERE seq = 3'],
    ['a changed middle', "UPDATE journal SET batch = x'0100' WHERE seq = 3"],
    ['a changed hash', 'UPDATE journal SET hash = zeroblob(32) WHERE seq = 3'],
  ])('with %s is broken there, and says what would be lost', async (_, sql) => {
    await written(6);
    edit(journalPath(), sql);
    const { journal, survey } = await open();
    expect(survey.fault).toMatchObject({ kind: 'broken', atSeq: 3, lastSeq: 6, sentence: expect.stringContaining('entry 3') as string });
    expect(survey.head).toMatchObject({ seq: 2 });
    expect(seqsOf((await readAll(journal)).batches)).toEqual([1, 2]);
  });

  test('broken before the newest snapshot loses nothing', async () => {
    await written(6, [4]);
    edit(journalPath(), 'DELETE FROM journal WHERE seq = 2');
    const { journal, survey } = await open();
    expect(survey).toMatchObject({ head: { seq: 6 }, fault: null });
    expect((await readAll(journal)).state.tokensReserved).toBe(6_000);
  });

  test('with damaged pages is told from what can be read, and the snapshot stands', async () => {
    await written(30, [20]);
    const bytes = statSync(journalPath()).size;
    const file = openSync(journalPath(), 'r+');
    writeSync(file, Buffer.alloc(bytes - 100, 0x5a), 0, bytes - 100, 100);
    closeSync(file);
    const { journal, survey } = await open();
    expect(survey).toMatchObject({ fresh: false, head: { seq: 20 } });
    expect(survey.fault).not.toBeNull();
    expect((await readAll(journal)).state.tokensReserved).toBe(20_000);
    await write(journal, 21, 22);
    expect(asides()).toHaveLength(1);
  });

  test.each(['gone', 'empty', 'not a database'])('that is %s is told, and the snapshot stands', async (how) => {
    await written(6, [4]);
    if (how === 'gone') edit(journalPath(), 'VACUUM');
    if (how === 'empty') truncateSync(journalPath(), 0);
    if (how === 'not a database') writeFileSync(journalPath(), 'x'.repeat(9_000));
    if (how === 'gone') (await import('node:fs')).rmSync(journalPath());
    const { journal, survey } = await open();
    expect(survey).toMatchObject({ fresh: false, head: { seq: 4 }, fault: { kind: 'unreadable', atSeq: 5 } });
    await write(journal, 5, 6, 3);
    await journal.close();
    const again = await open();
    expect(again.survey).toMatchObject({ head: { seq: 6, term: 3 }, fault: null });
    expect((await readAll(again.journal)).state.tokensReserved).toBe(6_000);
  });

  test('of format 1 is brought to format 2: hashes stay, and terms are what its entries tell', async () => {
    const { journal } = await open();
    await write(journal, 1, 1);
    const { encodeBatch } = await import('../../src/store/codec.ts');
    await journal.append({ seq: 2, term: 4, blob: encodeBatch([{ atMs: 1, event: { type: 'term-taken', term: 4 } }]) });
    await write(journal, 3, 3, 4);
    const before = await journal.tail(1, 1e9);
    await journal.close();
    const database = new Database(journalPath());
    database.exec(`
      CREATE TABLE old (seq INTEGER PRIMARY KEY, hash BLOB NOT NULL, batch BLOB NOT NULL);
      INSERT INTO old SELECT seq, hash, batch FROM journal; DROP TABLE journal; ALTER TABLE old RENAME TO journal;
      DELETE FROM meta WHERE key = 'base'; UPDATE meta SET value = '1' WHERE key = 'format';
    `);
    database.close();
    const { journal: again, survey } = await open();
    expect(survey).toMatchObject({ head: { seq: 3, term: 4 }, fault: null });
    expect(await again.tail(1, 1e9)).toEqual(before.map((batch) => ({ ...batch, term: batch.seq === 1 ? 0 : 4 })));
    await write(again, 4, 4, 5);
  });

  test('of a newer format, or with an entry of a newer version, is refused with a sentence and left as it is', async () => {
    await written(3);
    edit(journalPath(), "UPDATE meta SET value = '99' WHERE key = 'format'");
    await expect(open()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(/format 99.*up to 2/) as string });
    edit(journalPath(), "UPDATE meta SET value = '2' WHERE key = 'format'");
    const { journal } = await open();
    const { blob } = batchOf(4);
    blob[0] = 200;
    await journal.append({ seq: 4, term: 1, blob });
    await journal.close();
    await expect(open()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/entry 4.*version 200.*newer/) as string,
    });
    expect(asides()).toEqual([]);
  });

  test('a second manager on the same directory is refused', async () => {
    await open();
    await expect(open()).rejects.toMatchObject({ code: 'MANAGER_LIVE' });
  });
});

describe('a journal that is damaged while it is written', () => {
  test('the process that makes snapshots finds it: nothing more is confirmed, and it does not go on by itself', async () => {
    const { journal } = await open();
    await write(journal, 1, 5);
    const database = new Database(journalPath());
    database.prepare('UPDATE journal SET batch = zeroblob(9) WHERE seq = 2').run();
    database.close();
    await expect(journal.snapshot()).rejects.toThrow(/entry 2/);
    await new Promise<void>((resolve) => {
      if (journal.health.state === 'corrupt') resolve();
      else journal.onHealth(() => resolve());
    });
    expect(journal.health).toMatchObject({ state: 'corrupt', sentence: expect.stringContaining('journal verify') as string });
    await expect(journal.append(batchOf(6))).rejects.toMatchObject({ code: 'JOURNAL_UNWRITABLE' });
  });

  test('a tail that is asked for while a fault lasts comes when it has passed', async () => {
    const faults = plantFaults();
    const journal = sqliteJournal(folder.path, faults);
    made.push(journal);
    await journal.open();
    await write(journal, 1, 3);
    Atomics.store(faults, 0, FAULT.full);
    const refused = journal.append(batchOf(4)).catch((error: unknown) => error);
    const tail = journal.tail(2, 1e9);
    expect(await refused).toMatchObject({ code: 'JOURNAL_UNWRITABLE' });
    expect(seqsOf(await tail)).toEqual([2, 3]);
    expect(journal.health).toEqual({ state: 'ok' });
  });

  test('and one whose confirmed entries are gone after a failed flush is damaged, too', async () => {
    const faults = plantFaults();
    const journal = sqliteJournal(folder.path, faults);
    made.push(journal);
    await journal.open();
    await write(journal, 1, 3);
    Atomics.store(faults, 0, FAULT.full);
    await expect(journal.append(batchOf(4))).rejects.toMatchObject({ code: 'JOURNAL_UNWRITABLE' });
    edit(journalPath(), 'DELETE FROM journal WHERE seq = 3');
    await new Promise<void>((resolve) => {
      journal.onHealth(({ state }) => state === 'corrupt' && resolve());
    });
    expect(journal.health).toMatchObject({ sentence: expect.stringContaining('3 was confirmed') as string });
  });
});

test('a replacement that was cut off in the middle is finished by the next start', async () => {
  await written(3);
  const { journal } = await open();
  const batches = await journal.tail(1, 1e9);
  const last = batches[1]!;
  await journal.install({ snapshot: null, batches: batches.slice(0, 2), at: { lineage: 'x', term: last.term, seq: 2, hash: last.hash } });
  await journal.close();
  // As if the process had ended between the two renames.
  const { mkdirSync, renameSync } = await import('node:fs');
  mkdirSync(join(folder.path, 'incoming'));
  renameSync(journalPath(), join(folder.path, 'incoming', 'journal.db'));
  const again = await open();
  expect(again.survey).toMatchObject({ head: { seq: 2, lineage: 'x' }, fault: null });
  expect(existsSync(join(folder.path, 'incoming'))).toBe(false);
});
