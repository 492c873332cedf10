/** What the journal's thread does with a data directory: looks, takes another history in, hands over to the writer. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import { inUse, isBusy, lockDataDir } from './data-dir-lock.ts';
import { faultState, openFault } from './disk-state.ts';
import { HistoryFolder } from './history-folder.ts';
import { putInPlace } from './incoming.ts';
import { CHAIN_START, type CommittedBatch, type JournalBatch, type Position } from './journal.ts';
import { JournalFile } from './journal-file.ts';
import type { FromJournal, JournalAnswers, JournalCall, JournalWorkerData } from './journal-messages.ts';
import { JournalWriter } from './journal-writer.ts';
import { INCOMING, JOURNAL_FILE } from './places.ts';
import { findSnapshots, makeSnapshotFolder, removeLeftovers } from './snapshot-folder.ts';
import { type FileOrReason, type Found, surveyOf } from './survey.ts';

const COPY_BYTES = 4 * 1024 * 1024;

export class JournalRoom {
  private readonly data: JournalWorkerData;
  private readonly path: string;
  /** Where a history that takes the place of this one is made. */
  private readonly place: string;
  private readonly post: (message: FromJournal) => void;
  private unlock: (() => void) | undefined;
  private file: FileOrReason = { missing: 'it is not open' };
  private found: Found | undefined;
  private incoming: HistoryFolder | undefined;
  private writer: JournalWriter | undefined;

  constructor(data: JournalWorkerData, post: (message: FromJournal) => void) {
    this.data = data;
    this.path = join(data.dataDir, JOURNAL_FILE);
    this.place = join(data.dataDir, INCOMING);
    this.post = post;
  }

  answer(call: JournalCall): JournalAnswers[JournalCall['type']] {
    switch (call.type) {
      case 'open':
        return this.open();
      case 'tail':
        return this.tail(call.fromSeq, call.maxBytes);
      case 'install-begin':
        this.incoming =
          call.snapshot === null
            ? new HistoryFolder(this.place, { lineage: call.lineage, term: 0, seq: 0, hash: CHAIN_START })
            : HistoryFolder.behind(this.place, call.snapshot);
        return null;
      case 'install-batches':
        this.incoming?.add(call.batches);
        return null;
      case 'install-abandon':
        this.incoming?.abandon();
        this.incoming = undefined;
        return null;
      case 'install-end':
        return this.install(call.at);
    }
  }

  append(batch: JournalBatch): void {
    try {
      this.writer ??= this.beginToWrite();
    } catch (error) {
      // Nothing was written yet, and nobody waits for more than this answer.
      this.post({ type: 'refused', message: openFault(this.path, error).message });
      return;
    }
    this.writer.append(batch);
  }

  trim(toSeq: number): void {
    this.writer?.trim(toSeq);
  }

  condemn(why: string): void {
    this.writer?.condemn(why);
  }

  close(): void {
    this.incoming?.abandon();
    this.writer?.close();
    if (this.writer === undefined) this.closeFile();
    this.unlock?.();
  }

  private open(): Found {
    const { dataDir } = this.data;
    this.unlock = lockDataDir(dataDir);
    try {
      this.putInPlace();
      removeLeftovers(dataDir);
      makeSnapshotFolder(dataDir);
      this.file = this.openFile();
      return this.look();
    } catch (error) {
      this.closeFile();
      this.unlock();
      this.unlock = undefined;
      throw isBusy(error) ? inUse(dataDir, error) : openFault(this.path, error);
    }
  }

  /** The file, or why there is none to read; one that this user may not write is an error. */
  private openFile(): FileOrReason {
    const create = !existsSync(this.path) && findSnapshots(this.data.dataDir).length === 0;
    if (!create && !existsSync(this.path)) return { missing: 'it is not there' };
    try {
      return JournalFile.open(this.path, { create });
    } catch (error) {
      if (error instanceof TagmillError || isBusy(error) || faultState(this.path, error) !== 'corrupt') throw error;
      return { missing: `it cannot be read: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  private look(): Found {
    this.found = surveyOf(this.data.dataDir, this.file);
    return this.found;
  }

  private tail(fromSeq: number, maxBytes: number): readonly CommittedBatch[] {
    if (this.writer !== undefined) return this.writer.tail(fromSeq, maxBytes);
    return 'missing' in this.file ? [] : this.file.tail(fromSeq, maxBytes);
  }

  private install(at: Position): Found {
    const { incoming } = this;
    if (incoming === undefined) throw new TagmillError('INTERNAL', 'no copy of the journal is being taken in');
    if (incoming.end.seq !== at.seq) {
      throw new TagmillError('INTERNAL', `a copy of the journal ends at entry ${incoming.end.seq}, not at ${at.seq} as it said`);
    }
    incoming.finish();
    this.incoming = undefined;
    this.closeFile();
    this.putInPlace();
    this.file = JournalFile.open(this.path, { create: false });
    return this.look();
  }

  private beginToWrite(): JournalWriter {
    const { head, start, fault } = this.found ?? this.open();
    if (head === null || start === null) throw new TagmillError('INTERNAL', fault?.sentence ?? 'the journal is not open');
    if (fault !== null || 'missing' in this.file) this.leaveBehind(start, head);
    if ('missing' in this.file) throw new TagmillError('INTERNAL', `the journal ${this.path} cannot be written: ${this.file.missing}`);
    return new JournalWriter(this.file, head, this.post, this.data.faults);
  }

  /** What holds becomes the journal; what lies behind the break, or cannot be read, is moved aside with the old file. */
  private leaveBehind(start: Position, head: Position): void {
    const incoming = new HistoryFolder(this.place, start, true);
    for (let at = start.seq; !('missing' in this.file) && at < head.seq; ) {
      const batches = this.file.tail(at + 1, COPY_BYTES).filter(({ seq }) => seq <= head.seq);
      incoming.add(batches);
      at = incoming.end.seq;
    }
    incoming.finish();
    this.closeFile();
    this.putInPlace();
    this.file = JournalFile.open(this.path, { create: false });
  }

  private putInPlace(): void {
    const folder = putInPlace(this.data.dataDir, Date.now());
    if (folder !== undefined) this.post({ type: 'aside', folder });
  }

  private closeFile(): void {
    if (!('missing' in this.file)) this.file.close();
    this.file = { missing: 'it is closed' };
  }
}
