import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Journal, JournalBatch } from '../../src/store/journal.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';

const batch = (seq: number, text: string): JournalBatch => ({ seq, blob: new TextEncoder().encode(text) });
const readAll = async (journal: Journal): Promise<string[]> => {
  const texts: string[] = [];
  await journal.open(({ blob }) => texts.push(new TextDecoder().decode(blob)));
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
    ['in SQLite', () => new SqliteJournal(join(dir, 'journal.db'))],
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
    const { lineage } = await journal.open(() => undefined);
    await journal.close();
    const again = make();
    expect((await again.open(() => undefined)).lineage).toBe(lineage);
    await again.close();
  });

  test('SQLite: a second manager on the same directory is refused', async () => {
    const first = new SqliteJournal(join(dir, 'journal.db'));
    await first.open(() => undefined);
    const second = new SqliteJournal(join(dir, 'journal.db'));
    await expect(second.open(() => undefined)).rejects.toMatchObject({ code: 'MANAGER_LIVE' });
    await second.close();
    await first.close();
  });

  test('SQLite: a changed byte breaks the chain and stops the start', async () => {
    const path = join(dir, 'journal.db');
    const journal = new SqliteJournal(path);
    await journal.open(() => undefined);
    for (let seq = 1; seq <= 3; seq++) await journal.append(batch(seq, `batch ${seq}`));
    await journal.close();
    const database = new Database(path);
    database.prepare('UPDATE journal SET batch = ? WHERE seq = 2').run(Buffer.from('batch X'));
    database.close();
    const again = new SqliteJournal(path);
    await expect(again.open(() => undefined)).rejects.toThrow(/broken at batch 2/);
    await again.close();
  });

  test('SQLite: a file of a newer format is refused with a sentence', async () => {
    const path = join(dir, 'journal.db');
    const journal = new SqliteJournal(path);
    await journal.open(() => undefined);
    await journal.close();
    const database = new Database(path);
    database.prepare("UPDATE meta SET value = '99' WHERE key = 'format'").run();
    database.close();
    const again = new SqliteJournal(path);
    await expect(again.open(() => undefined)).rejects.toThrow(/format 99.*reads 1/);
    await again.close();
  });
});
