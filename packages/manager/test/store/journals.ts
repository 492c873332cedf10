/** What tests of the journal share: batches that are some, journals in a folder of their own, and what is in them. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeState } from '../../src/core/snapshot/decode.ts';
import { DEFAULT_SETTINGS, emptyState, type ManagerState } from '../../src/core/state.ts';
import { apply } from '../../src/core/apply.ts';
import { decodeBatch, encodeBatch } from '../../src/store/codec.ts';
import type { CommittedBatch, Journal, JournalBatch, Position } from '../../src/store/journal.ts';
import { SILENT_LOG } from '../../src/store/journal-log.ts';
import type { JournalFaults } from '../../src/store/journal-messages.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';

export interface TempFolder {
  readonly path: string;
  [Symbol.dispose](): void;
}

export function tempFolder(): TempFolder {
  const path = mkdtempSync(join(tmpdir(), 'tagmill-journal-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A journal that makes snapshots only when it is asked to. */
export function sqliteJournal(dataDir: string, faults?: JournalFaults): SqliteJournal {
  mkdirSync(dataDir, { recursive: true });
  return new SqliteJournal({
    dataDir,
    settings: DEFAULT_SETTINGS,
    snapshotEvents: Number.MAX_SAFE_INTEGER,
    snapshotMs: 3_600_000,
    log: SILENT_LOG,
    ...(faults === undefined ? {} : { faults }),
  });
}

/** Reserves tokens up to 1,000 times its number: what was read shows in the state. */
export const batchOf = (seq: number, term = 1): JournalBatch => ({
  seq,
  term,
  blob: encodeBatch([{ atMs: seq, event: { type: 'tokens-reserved', upTo: seq * 1_000 } }]),
});

export async function write(journal: Journal, fromSeq: number, toSeq: number, term = 1): Promise<void> {
  for (let seq = fromSeq; seq <= toSeq; seq++) await journal.append(batchOf(seq, term));
}

export interface Read {
  readonly head: Position | null;
  /** Entry of the snapshot that it began with; null: at the beginning. */
  readonly from: number | null;
  readonly batches: readonly CommittedBatch[];
  readonly state: ManagerState;
}

export async function readAll(journal: Journal): Promise<Read> {
  let state = emptyState();
  let from: number | null = null;
  const batches: CommittedBatch[] = [];
  const head = await journal.read({
    snapshot: ({ seq }, sections) => {
      from = seq;
      state = decodeState(sections, DEFAULT_SETTINGS);
    },
    batch: (batch) => {
      batches.push(batch);
      for (const stamped of decodeBatch(batch.blob)) apply(state, stamped);
    },
  });
  return { head, from, batches, state };
}

export const seqsOf = (batches: readonly CommittedBatch[]): number[] => batches.map(({ seq }) => seq);
