/** The contract of a journal: the same tests for the twin in memory and for SQLite. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digest } from '../../src/core/digest.ts';
import type { Journal, JournalHealth, Position } from '../../src/store/journal.ts';
import { FAULT, type JournalFaults, plantFaults } from '../../src/store/journal-messages.ts';
import { type MemoryFault, memoryDisk, MemoryJournal } from '../../src/store/memory-journal.ts';
import { batchOf, readAll, seqsOf, sqliteJournal, type TempFolder, tempFolder, write } from './journals.ts';

type Fault = Exclude<keyof typeof FAULT, 'none'>;

interface Twin {
  /** The journal of a place; made again after it was closed it is the same one. */
  make(place?: string): Journal;
  plant(fault: Fault): void;
  /** The disk takes writes again. */
  heal(): void;
}

function inMemory(): Twin {
  const disks = new Map<string, ReturnType<typeof memoryDisk>>();
  let open: MemoryJournal | undefined;
  const faults: Readonly<Record<Fault, MemoryFault>> = {
    flushLost: { state: 'failed-flush', reached: false },
    flushReached: { state: 'failed-flush', reached: true },
    full: { state: 'full', reached: false },
    corrupt: { state: 'corrupt', reached: false },
  };
  return {
    make: (place = 'here') => {
      const disk = disks.get(place) ?? memoryDisk();
      disks.set(place, disk);
      open = new MemoryJournal(disk);
      return open;
    },
    plant: (fault) => {
      open!.nextFault = faults[fault];
    },
    heal: () => open?.heal(),
  };
}

function inSqlite(folder: TempFolder): Twin {
  let faults: JournalFaults;
  return {
    make: (place = 'here') => {
      faults = plantFaults();
      return sqliteJournal(join(folder.path, place), faults);
    },
    plant: (fault) => void Atomics.store(faults, 0, FAULT[fault]),
    // It finds out by itself.
    heal: () => undefined,
  };
}

const healthOf = (journal: Journal, state: JournalHealth['state']): Promise<void> =>
  new Promise((resolve) => {
    if (journal.health.state === state) return resolve();
    const end = journal.onHealth((health) => {
      if (health.state !== state) return;
      end();
      resolve();
    });
  });

describe.each(['in memory', 'in SQLite'])('a journal %s', (kind) => {
  let folder: TempFolder;
  let twin: Twin;
  const made: Journal[] = [];
  const open = async (place?: string) => {
    const journal = twin.make(place);
    made.push(journal);
    return { journal, survey: await journal.open() };
  };
  beforeEach(() => {
    folder = tempFolder();
    twin = kind === 'in memory' ? inMemory() : inSqlite(folder);
  });
  afterEach(async () => {
    for (const journal of made.splice(0)) await journal.close();
    folder[Symbol.dispose]();
  });

  test('is fresh until something is written, and keeps its lineage', async () => {
    const { journal, survey } = await open();
    expect(survey).toMatchObject({ fresh: true, head: { seq: 0, term: 0 }, snapshots: [], fault: null });
    await write(journal, 1, 1);
    await journal.close();
    const again = await open();
    expect(again.survey).toMatchObject({ fresh: false, head: { seq: 1, term: 1, lineage: survey.head!.lineage } });
  });

  test('gives back every batch in order with its term after it was closed', async () => {
    const { journal } = await open();
    await write(journal, 1, 3, 1);
    await write(journal, 4, 5, 2);
    await journal.close();
    const again = await open();
    const read = await readAll(again.journal);
    expect(read.batches.map(({ seq, term }) => [seq, term])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 2],
      [5, 2],
    ]);
    expect(read.head).toMatchObject({ seq: 5, term: 2, hash: read.batches.at(-1)!.hash });
    expect(read.from).toBeNull();
    expect(read.state.tokensReserved).toBe(5_000);
  });

  test('begins a replay at the newest snapshot, and comes to the same state', async () => {
    const { journal } = await open();
    await write(journal, 1, 4);
    const made = await journal.snapshot();
    expect(made).toMatchObject({ seq: 4, term: 1, nodes: 0 });
    expect(journal.snapshotFile()?.head).toEqual(made);
    expect(await journal.snapshot()).toEqual(made);
    await write(journal, 5, 6);
    const whole = await readAllBatches(journal);
    await journal.close();
    const again = await open();
    expect(again.survey.snapshots).toEqual([made]);
    const read = await readAll(again.journal);
    expect([read.from, seqsOf(read.batches)]).toEqual([4, [5, 6]]);
    expect(digest(read.state)).toEqual(digest(whole.state));
  });

  const endOf = async (journal: Journal): Promise<Position> => {
    const { head } = await readAll(journal);
    const last = (await journal.tail(1, 1e9)).at(-1) ?? (await journal.tail(4, 1e9)).at(-1);
    return { lineage: head!.lineage, term: last!.term, seq: last!.seq, hash: last!.hash };
  };

  /** By the batches alone. */
  const readAllBatches = async (journal: Journal) => {
    const copy = new MemoryJournal(memoryDisk('copy'));
    for (const { seq, term, blob } of await journal.tail(1, 1e9)) await copy.append({ seq, term, blob });
    return readAll(copy);
  };

  test('keeps three snapshots, and what lies behind the oldest is trimmed', async () => {
    const { journal } = await open();
    const told: number[] = [];
    journal.onSnapshot(({ seq }) => told.push(seq));
    for (let seq = 1; seq <= 5; seq++) {
      await write(journal, seq, seq);
      await journal.snapshot();
    }
    await write(journal, 6, 6);
    expect(told).toEqual([1, 2, 3, 4, 5]);
    await journal.close();
    const again = await open();
    expect(again.survey.snapshots.map(({ seq }) => seq)).toEqual([3, 4, 5]);
    expect(await again.journal.tail(3, 1e9)).toEqual([]);
    expect(seqsOf(await again.journal.tail(4, 1e9))).toEqual([4, 5, 6]);
    expect((await readAll(again.journal)).state.tokensReserved).toBe(6_000);
  });

  test('gives a tail of so many bytes, at least one batch, none that is not there', async () => {
    const { journal } = await open();
    await write(journal, 1, 5);
    const bytes = batchOf(1).blob.length;
    expect(seqsOf(await journal.tail(2, 1))).toEqual([2]);
    expect(seqsOf(await journal.tail(2, 2 * bytes))).toEqual([2, 3]);
    expect(seqsOf(await journal.tail(4, 1e9))).toEqual([4, 5]);
    expect(await journal.tail(6, 1e9)).toEqual([]);
  });

  test('takes a copy from the beginning in the place of what was there, and goes on behind it', async () => {
    const { journal: other } = await open('there');
    await write(other, 1, 4, 7);
    const { journal } = await open();
    await write(journal, 1, 9);
    await journal.snapshot();
    await journal.close();
    const again = (await open()).journal;
    await again.install({ snapshot: null, batches: await other.tail(1, 1e9), at: await endOf(other) });
    const read = await readAll(again);
    expect(read.head).toEqual(await endOf(other));
    expect(read.head).toMatchObject({ seq: 4, term: 7 });
    await write(again, 5, 5, 8);
    await again.close();
    const { survey } = await open();
    expect(survey).toMatchObject({ head: { seq: 5, term: 8, lineage: read.head?.lineage }, fault: null });
  });

  test('takes a copy behind a snapshot', async () => {
    const source = sqliteJournal(join(folder.path, 'source'));
    made.push(source);
    await source.open();
    await write(source, 1, 3);
    await source.snapshot();
    await write(source, 4, 5);
    const { journal } = await open();
    await journal.install({ snapshot: source.snapshotFile()!.path, batches: await source.tail(4, 1e9), at: await endOf(source) });
    const read = await readAll(journal);
    expect([read.from, seqsOf(read.batches), read.state.tokensReserved]).toEqual([3, [4, 5], 5_000]);
    await write(journal, 6, 6);
    await journal.snapshot();
    await journal.close();
    const { survey } = await open();
    expect(survey).toMatchObject({ head: { seq: 6 }, fault: null });
    expect(survey.snapshots.map(({ seq }) => seq)).toEqual([3, 6]);
  });

  test('leaves what is there when a copy does not hold', async () => {
    const { journal: other } = await open('there');
    await write(other, 1, 4);
    const { journal } = await open();
    await write(journal, 1, 2);
    await journal.close();
    const again = (await open()).journal;
    const batches = await other.tail(1, 1e9);
    const at = await endOf(other);
    await expect(again.install({ snapshot: null, batches: batches.filter(({ seq }) => seq !== 2), at })).rejects.toThrow('does not hold');
    await expect(again.install({ snapshot: null, batches: batches.slice(0, 3), at })).rejects.toThrow('ends at entry 3');
    expect(seqsOf((await readAll(again)).batches)).toEqual([1, 2]);
    await write(again, 3, 3);
  });

  test.each(['full', 'flushLost'] as const)('%s: the batch is not there, says so, and its number is given again', async (fault) => {
    const { journal } = await open();
    await write(journal, 1, 1);
    const states: string[] = [];
    journal.onHealth(({ state }) => states.push(state));
    twin.plant(fault);
    const refused = expect(journal.append(batchOf(2))).rejects.toMatchObject({ code: 'JOURNAL_UNWRITABLE' });
    await healthOf(journal, fault === 'full' ? 'full' : 'failed-flush');
    twin.heal();
    await refused;
    await healthOf(journal, 'ok');
    await write(journal, 2, 3);
    expect(states).toEqual([fault === 'full' ? 'full' : 'failed-flush', 'ok']);
    expect(seqsOf(await journal.tail(1, 1e9))).toEqual([1, 2, 3]);
  });

  test('a flush that failed and yet reached the disk counts', async () => {
    const { journal } = await open();
    twin.plant('flushReached');
    const answer = journal.append(batchOf(1));
    await healthOf(journal, 'failed-flush');
    twin.heal();
    expect(await answer).toMatchObject({ seq: 1 });
    await healthOf(journal, 'ok');
    await write(journal, 2, 2);
    await journal.close();
    const { survey } = await open();
    expect(survey).toMatchObject({ head: { seq: 2 }, fault: null });
  });

  test('that is damaged does not go on by itself', async () => {
    const { journal } = await open();
    await write(journal, 1, 1);
    twin.plant('corrupt');
    await expect(journal.append(batchOf(2))).rejects.toMatchObject({ code: 'JOURNAL_UNWRITABLE' });
    twin.heal();
    expect(journal.health).toMatchObject({
      state: 'corrupt',
      sentence: expect.any(String) as string,
      sinceMs: expect.any(Number) as number,
    });
  });
});

test('a folder of a journal holds what it should and nothing else', async () => {
  using folder = tempFolder();
  const journal = sqliteJournal(folder.path);
  await journal.open();
  await write(journal, 1, 2);
  await journal.snapshot();
  await journal.close();
  expect(readdirSync(folder.path).sort()).toEqual(['in-use.lock', 'journal.db', 'snapshots']);
  expect(readdirSync(join(folder.path, 'snapshots'))).toEqual(['000000000002.db']);
  expect(existsSync(join(folder.path, 'incoming'))).toBe(false);
});
