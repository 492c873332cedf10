import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeBatch, encodeBatch } from '../../src/store/codec.ts';
import type { Journal, JournalBatch } from '../../src/store/journal.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';

const batch = (seq: number, text: string): JournalBatch => ({
  seq,
  term: 1,
  blob: encodeBatch([{ atMs: 1, event: { type: 'executor-draining', id: text } }]),
});
const readAll = async (journal: Journal): Promise<string[]> => {
  const texts: string[] = [];
  await journal.open();
  await journal.read({
    snapshot: () => undefined,
    batch: ({ blob }) => texts.push(...decodeBatch(blob).map(({ event }) => ('id' in event ? event.id : ''))),
  });
  return texts;
};

describe('the contract of a journal', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'tagmill-journal-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const memory = new Map<string, MemoryJournal>();
  const twins: [string, () => Journal][] = [
    ['in SQLite', () => new SqliteJournal({ dataDir: dir })],
    [
      'in memory',
      () => {
        const known = memory.get(dir) ?? new MemoryJournal('lineage');
        memory.set(dir, known);
        return known;
      },
    ],
  ];

  test.each(twins)('%s gives back every batch in order after it was closed', async (_, make) => {
    const journal = make();
    expect(await readAll(journal)).toEqual([]);
    for (let seq = 1; seq <= 5; seq++) await journal.append(batch(seq, `batch ${seq}`));
    await journal.close();
    const again = make();
    expect(await readAll(again)).toEqual(['batch 1', 'batch 2', 'batch 3', 'batch 4', 'batch 5']);
    await again.close();
  });

  test.each(twins)('%s keeps its lineage', async (_, make) => {
    const journal = make();
    const lineage = (await journal.open()).head?.lineage;
    await journal.close();
    const again = make();
    expect((await again.open()).head?.lineage).toBe(lineage);
    await again.close();
  });

  test('SQLite: a second manager on the same directory is refused', async () => {
    const first = new SqliteJournal({ dataDir: dir });
    await first.open();
    const second = new SqliteJournal({ dataDir: dir });
    await expect(second.open()).rejects.toMatchObject({ code: 'MANAGER_LIVE' });
    await second.close();
    await first.close();
  });

  test('SQLite: a changed byte breaks the chain and stops the start', async () => {
    const path = join(dir, 'journal.db');
    const journal = new SqliteJournal({ dataDir: dir });
    await journal.open();
    for (let seq = 1; seq <= 3; seq++) await journal.append(batch(seq, `batch ${seq}`));
    await journal.close();
    const database = new Database(path);
    database.prepare('UPDATE journal SET batch = ? WHERE seq = 2').run(Buffer.from('batch X'));
    database.close();
    const again = new SqliteJournal({ dataDir: dir });
    expect(await again.open()).toMatchObject({ head: { seq: 1 }, fault: { kind: 'broken', atSeq: 2, lastSeq: 3 } });
    await again.close();
  });

  test('SQLite: a file of a newer format is refused with a sentence', async () => {
    const path = join(dir, 'journal.db');
    const journal = new SqliteJournal({ dataDir: dir });
    await journal.open();
    await journal.close();
    const database = new Database(path);
    database.prepare("UPDATE meta SET value = '99' WHERE key = 'format'").run();
    database.close();
    const again = new SqliteJournal({ dataDir: dir });
    await expect(again.open()).rejects.toThrow(/format 99.*reads up to 2/);
    await again.close();
  });
});
