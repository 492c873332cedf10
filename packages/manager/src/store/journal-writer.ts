/** What the journal's thread does with its file. */
import { join } from 'node:path';
import { isBusy, inUse, lockDataDir } from './data-dir-lock.ts';
import { faultSentence, faultState, openFault } from './disk-state.ts';
import { countEvents } from './codec.ts';
import type { JournalBatch, Position, Survey } from './journal.ts';
import { JournalFile } from './journal-file.ts';
import type { FromJournal, ToJournal } from './journal-messages.ts';
import { walkChain } from './survey.ts';

export const JOURNAL_FILE = 'journal.db';

export class JournalWriter {
  private readonly dataDir: string;
  private readonly path: string;
  private readonly post: (message: FromJournal) => void;
  private file: JournalFile | undefined;
  private unlock: (() => void) | undefined;
  private last: Position | undefined;

  constructor(dataDir: string, post: (message: FromJournal) => void) {
    this.dataDir = dataDir;
    this.path = join(dataDir, JOURNAL_FILE);
    this.post = post;
  }

  take(message: ToJournal): void {
    switch (message.type) {
      case 'open':
        this.post({ type: 'opened', survey: this.open() });
        return;
      case 'append':
        this.append(message.batch);
        return;
      case 'tail':
        this.post({ type: 'tail', id: message.id, batches: this.file?.tail(message.fromSeq, message.maxBytes) ?? [] });
        return;
      case 'close':
        this.file?.close();
        this.unlock?.();
        return;
    }
  }

  private open(): Survey {
    this.unlock = lockDataDir(this.dataDir);
    try {
      this.file = JournalFile.open(this.path);
    } catch (error) {
      throw isBusy(error) ? inUse(this.dataDir, error) : openFault(this.path, error);
    }
    const base = this.file.base();
    const { head, fault } = walkChain(this.file, base);
    this.last = head;
    return { fresh: head.seq === 0 && fault === null, head, snapshots: [], fault };
  }

  private append(batch: JournalBatch): void {
    if (this.file === undefined || this.last === undefined) return;
    try {
      const done = this.file.append(this.last.hash, batch);
      this.last = { lineage: this.last.lineage, term: done.term, seq: done.seq, hash: done.hash };
      this.post({ type: 'committed', batch: done, events: countEvents(done.blob) });
    } catch (error) {
      this.file.close();
      this.file = undefined;
      const state = faultState(this.path, error);
      const sentence = faultSentence(state, this.path, error);
      this.post({ type: 'health', health: { state, sentence, sinceMs: Date.now() } });
      this.post({ type: 'refused', message: sentence });
    }
  }
}
