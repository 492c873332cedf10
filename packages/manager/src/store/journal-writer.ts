/**
 * Writes batches. After a write that failed, the handle is closed and never
 * used again: a new one is opened until the disk takes writes, and looked at
 * first. What a failed flush may have written all the same counts when it is
 * there. A damaged file is left alone: a restart recovers from what is whole.
 */
import { TagmillError } from '@tagmill/shared/errors';
import { chainHash, sameBytes } from './chain.ts';
import { countEvents } from './codec.ts';
import { type FaultState, faultSentence, faultState, mayBeWritten } from './disk-state.ts';
import type { CommittedBatch, JournalBatch, Position } from './journal.ts';
import { JournalFile } from './journal-file.ts';
import type { FromJournal, JournalFaults } from './journal-messages.ts';
import { flushAsPlanted } from './planted-faults.ts';

const REOPEN_MS = 500;
/** Room for a few small batches: the disk takes as much before it is trusted again. */
const PROBE_BYTES = 64 * 1024;
/** Removed at a time, and the rest in between: batches that wait to be written must not notice. */
const TRIM_BYTES = 256 * 1024;
const TRIM_REST_MS = 10;

export class JournalWriter {
  private readonly path: string;
  private readonly post: (message: FromJournal) => void;
  private readonly faults: JournalFaults | null;
  private file: JournalFile | undefined;
  private last: Position;
  /** Written by a flush that failed: there or not. */
  private unknown: JournalBatch | undefined;
  private state: FaultState | 'ok' = 'ok';
  private probeBytes = PROBE_BYTES;
  private timer: NodeJS.Timeout | undefined;
  private trimTo = 0;
  private trimming: NodeJS.Timeout | undefined;

  constructor(file: JournalFile, last: Position, post: (message: FromJournal) => void, faults: JournalFaults | null) {
    this.path = file.path;
    this.file = file;
    this.last = last;
    this.post = post;
    this.faults = faults;
  }

  append(batch: JournalBatch): void {
    if (this.file === undefined) {
      this.post({ type: 'refused', message: `the journal ${this.path} takes no writes now` });
      return;
    }
    try {
      const { file } = this;
      this.committed(flushAsPlanted(this.faults, () => file.append(this.last.hash, batch)));
    } catch (error) {
      this.unknown = mayBeWritten(error) ? batch : undefined;
      this.probeBytes = PROBE_BYTES + batch.blob.length;
      this.giveUpHandle(error);
      if (this.unknown === undefined || this.state === 'corrupt') this.refuse(error);
    }
  }

  tail(fromSeq: number, maxBytes: number): readonly CommittedBatch[] {
    if (this.file === undefined) throw new TagmillError('JOURNAL_UNWRITABLE', `the journal ${this.path} is not open now`);
    return this.file.tail(fromSeq, maxBytes);
  }

  /** Removes what is not needed any more, a little at a time between the batches. */
  trim(toSeq: number): void {
    this.trimTo = Math.max(this.trimTo, toSeq);
    if (this.trimming === undefined) this.trimSome();
  }

  condemn(why: string): void {
    if (this.state !== 'corrupt') this.giveUpHandle(new Error(why), 'corrupt');
  }

  close(): void {
    clearTimeout(this.timer);
    clearTimeout(this.trimming);
    this.file?.close();
    this.file = undefined;
  }

  private committed(batch: CommittedBatch): void {
    this.last = { lineage: this.last.lineage, term: batch.term, seq: batch.seq, hash: batch.hash };
    this.post({ type: 'committed', batch, events: countEvents(batch.blob) });
  }

  private giveUpHandle(error: unknown, state = faultState(this.path, error)): void {
    closeQuietly(this.file);
    this.file = undefined;
    this.say(state, error);
    if (state !== 'corrupt') this.timer = setTimeout(() => this.reopen(), REOPEN_MS);
  }

  private say(state: FaultState, error: unknown): void {
    if (this.state === state) return;
    this.state = state;
    this.post({ type: 'health', health: { state, sentence: faultSentence(state, this.path, error), sinceMs: Date.now() } });
  }

  /** Answers the batch that was tried last: it is not in the journal and will not be. */
  private refuse(error: unknown): void {
    this.unknown = undefined;
    this.post({ type: 'refused', message: faultSentence(this.state === 'ok' ? 'failed-flush' : this.state, this.path, error) });
  }

  private reopen(): void {
    let file: JournalFile | undefined;
    try {
      file = JournalFile.open(this.path, { create: false });
      // Makes durable what a failed flush may have left in memory alone.
      if (!file.checkpoint() && this.unknown !== undefined) throw new Error('it is being read just now');
      const found = this.lookFor(file);
      file.probe(this.probeBytes);
      this.file = file;
      if (found !== undefined) this.committed(found);
      else if (this.unknown !== undefined) this.refuse(new Error('its flush failed'));
      this.unknown = undefined;
      this.state = 'ok';
      this.post({ type: 'health', health: { state: 'ok' } });
    } catch (error) {
      closeQuietly(file);
      const state = error instanceof TagmillError ? 'corrupt' : faultState(this.path, error);
      this.say(state, error);
      if (state !== 'corrupt') this.timer = setTimeout(() => this.reopen(), REOPEN_MS);
      else if (this.unknown !== undefined) this.refuse(error);
    }
  }

  /** The batch of the failed flush when it is there. Errors: a TagmillError when what was confirmed is not. */
  private lookFor(file: JournalFile): CommittedBatch | undefined {
    const last = file.last();
    if (last.seq === this.last.seq && sameBytes(last.hash, this.last.hash)) return undefined;
    const { unknown } = this;
    if (unknown === undefined || last.seq !== unknown.seq || !sameBytes(last.hash, chainHash(this.last.hash, unknown.blob))) {
      throw new TagmillError('INTERNAL', `its last entry is ${last.seq}, and ${this.last.seq} was confirmed`);
    }
    return { ...unknown, hash: last.hash };
  }

  private trimSome(): void {
    this.trimming = undefined;
    if (this.file === undefined) return;
    try {
      if (!this.file.trim(this.trimTo, TRIM_BYTES)) this.trimming = setTimeout(() => this.trimSome(), TRIM_REST_MS);
    } catch (error) {
      this.giveUpHandle(error);
    }
  }
}

function closeQuietly(file: JournalFile | undefined): void {
  try {
    file?.close();
  } catch (error) {
    // It failed before, and is not used again either way.
    if (!(error instanceof Error)) throw error;
  }
}
