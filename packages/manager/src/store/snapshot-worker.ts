/**
 * The thread that makes a snapshot: it loads the last one and replays the
 * batches behind it, through the same `apply`. So a snapshot is what a start
 * would come to, each one proves that the journal replays, and the loop is never held up.
 */
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import { apply } from '../core/apply.ts';
import { decodeState } from '../core/snapshot/decode.ts';
import { encodeState } from '../core/snapshot/encode.ts';
import { STATE_FORMAT } from '../core/snapshot/section.ts';
import { emptyState, type ManagerState } from '../core/state.ts';
import { decodeBatch } from './codec.ts';
import type { Position, SnapshotHead } from './journal.ts';
import { JournalFile } from './journal-file.ts';
import { JOURNAL_FILE } from './places.ts';
import { readSections, readSnapshotHead, writeSnapshotFile } from './snapshot-file.ts';
import { keepNewest, makeSnapshotFolder, snapshotPath } from './snapshot-folder.ts';
import type { FromSnapshotThread, SnapshotWork } from './snapshot-messages.ts';
import { linkFault } from './walk-chain.ts';

/** Read at a time: a longer read would keep the journal's log from being emptied. */
const READ_BYTES = 4 * 1024 * 1024;

const port = parentPort;
if (port === null) throw new Error('the snapshot worker runs in a worker thread only');
const post = (message: FromSnapshotThread) => port.postMessage(message);

class Damage extends Error {}

interface Beginning {
  readonly state: ManagerState;
  readonly at: Position;
}

/** What was found unusable on the way. */
const dropped = new Set<number>();

function make(work: SnapshotWork): FromSnapshotThread {
  const head = write(work);
  const usable = new Set([...work.from.filter((seq) => !dropped.has(seq)), head.seq]);
  // Here and not in the loop's thread: to remove a large file and to flush the folder takes tens of milliseconds.
  return { type: 'made', head, oldest: keepNewest(work.dataDir, usable) ?? null };
}

function write({ dataDir, settings, from, toSeq }: SnapshotWork): SnapshotHead {
  const journal = JournalFile.openToRead(join(dataDir, JOURNAL_FILE));
  try {
    const { state, at } = from.reduce<Beginning | undefined>((found, seq) => found ?? load(dataDir, seq, settings), undefined) ?? {
      state: emptyState(settings),
      at: journal.base,
    };
    const end = replay(journal, state, at, toSeq);
    makeSnapshotFolder(dataDir);
    const facts = { ...end, atMs: Date.now(), format: STATE_FORMAT, nodes: nodesOf(state) };
    return writeSnapshotFile(snapshotPath(dataDir, end.seq), facts, encodeState(state));
  } finally {
    journal.close();
  }
}

function load(dataDir: string, seq: number, settings: SnapshotWork['settings']): Beginning | undefined {
  const path = snapshotPath(dataDir, seq);
  const sections = readSections(path);
  try {
    const at = readSnapshotHead(path);
    return { state: decodeState(sections, settings), at };
  } catch (error) {
    if (!(error instanceof TagmillError) || error.code !== 'SNAPSHOT_UNUSABLE') throw error;
    dropped.add(seq);
    post({ type: 'unusable', seq, why: error.message });
    return undefined;
  }
}

function replay(journal: JournalFile, state: ManagerState, from: Position, toSeq: number): Position {
  if (from.seq < journal.base.seq) throw new Damage(`the entries behind ${from.seq}, the newest whole snapshot, are not there`);
  let at: Position = { lineage: from.lineage, term: from.term, seq: from.seq, hash: from.hash };
  while (at.seq < toSeq) {
    const batches = tail(journal, at.seq + 1);
    if (batches.length === 0) throw new Damage(`entry ${at.seq + 1} is not there`);
    for (const batch of batches) {
      const fault = linkFault(at, batch);
      if (fault !== undefined) throw new Damage(fault);
      for (const stamped of decodeBatch(batch.blob)) apply(state, stamped);
      at = { ...at, term: batch.term, seq: batch.seq, hash: batch.hash };
      if (at.seq === toSeq) break;
    }
    forgetChanges(state);
  }
  return at;
}

function tail(journal: JournalFile, fromSeq: number) {
  try {
    return journal.tail(fromSeq, READ_BYTES);
  } catch (error) {
    throw new Damage(`entry ${fromSeq} or one behind it cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Nobody looks here for what a feed would tell. */
function forgetChanges({ dirty }: ManagerState): void {
  dirty.runs.clear();
  dirty.instances.clear();
  dirty.executors.clear();
}

const nodesOf = (state: ManagerState): number => [...state.runs.values()].reduce((sum, run) => sum + run.size, 0);

// Only on Linux does the priority of a thread leave that of its process alone.
if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);
try {
  post(make(workerData as SnapshotWork));
} catch (error) {
  if (error instanceof Damage) post({ type: 'damaged', why: error.message });
  else {
    const { code, message } = toTagmillError(error);
    post({ type: 'failed', code, message });
  }
}
