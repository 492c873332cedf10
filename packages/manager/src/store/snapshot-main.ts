/**
 * The process that makes a snapshot: it loads the last one and replays the
 * batches behind it, through the same `apply`. So a snapshot is what a start
 * would come to, and each one proves that the journal replays. A process and
 * not a thread, so that nothing of it, its collector included, holds up the loop.
 * It writes one file, which has no name yet that counts; the manager gives it one.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
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
import { hashOfFile, readSections, readSnapshotHead, writeSnapshotFile } from './snapshot-file.ts';
import { snapshotPath } from './snapshot-folder.ts';
import type { FromSnapshotProcess, SnapshotWork } from './snapshot-messages.ts';
import { stepBack } from './step-back.ts';
import { linkFault } from './walk-chain.ts';

/** Read at a time: a longer read would keep the journal's log from being emptied. */
const READ_BYTES = 4 * 1024 * 1024;

/** Others come first, but on a machine that is full it still gets a tenth of what each of them gets: a journal without snapshots grows. */
const NICE = 10;

const post = (message: FromSnapshotProcess): void => {
  process.send?.(message);
};

class Damage extends Error {}

/** The manager is gone: what it wanted is nobody's any more. */
class Orphaned extends Error {}

interface Beginning {
  readonly state: ManagerState;
  readonly at: Position;
}

const manager = process.ppid;

/** Looked at as often as work is given: the end of the channel is heard only between two turns of this process's own loop. */
function stillWanted(): void {
  if (process.ppid !== manager) throw new Orphaned('the manager is gone');
}

function write({ dataDir, settings, from, toSeq, temp }: SnapshotWork): SnapshotHead {
  const journal = JournalFile.openToRead(join(dataDir, JOURNAL_FILE));
  try {
    const { state, at } = from.reduce<Beginning | undefined>((found, seq) => found ?? load(dataDir, seq, settings), undefined) ?? {
      state: emptyState(settings),
      at: journal.base,
    };
    const end = replay(journal, state, at, toSeq);
    const facts = { ...end, atMs: Date.now(), format: STATE_FORMAT, nodes: nodesOf(state) };
    return writeSnapshotFile(temp, facts, whileWanted(encodeState(state)));
  } finally {
    journal.close();
  }
}

function* whileWanted<T>(parts: Iterable<T>): Generator<T> {
  for (const part of parts) {
    stillWanted();
    yield part;
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
    post({ type: 'unusable', seq, why: error.message });
    return undefined;
  }
}

function replay(journal: JournalFile, state: ManagerState, from: Position, toSeq: number): Position {
  if (from.seq < journal.base.seq) throw new Damage(`the entries behind ${from.seq}, the newest whole snapshot, are not there`);
  let at: Position = { lineage: from.lineage, term: from.term, seq: from.seq, hash: from.hash };
  while (at.seq < toSeq) {
    stillWanted();
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

function answerTo(work: SnapshotWork): FromSnapshotProcess {
  try {
    const head = write(work);
    return { type: 'written', head, contentHash: hashOfFile(work.temp, stillWanted) };
  } catch (error) {
    rmSync(work.temp, { force: true });
    if (error instanceof Damage) return { type: 'damaged', why: error.message };
    const { code, message } = toTagmillError(error);
    return { type: 'failed', code, message };
  }
}

stepBack(NICE);
// A terminal's Ctrl-C reaches the whole group; the manager decides what it means.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (work: SnapshotWork) => {
  process.send?.(answerTo(work));
  // The state that it was made of is not kept until there is need for the room: that may be in hours.
  globalThis.gc?.();
});
