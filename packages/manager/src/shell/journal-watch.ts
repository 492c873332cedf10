/** Ties what the journal says of itself to the loop, the log, the answers and the feed. */
import { TagmillError } from '@tagmill/shared/errors';
import type { ServiceRecord } from '@tagmill/shared/feed/views';
import type { Logger } from 'pino';
import type { Journal, JournalHealth } from '../store/journal.ts';
import type { Loop } from './loop.ts';

export class JournalWatch {
  private readonly journal: Journal;
  private readonly ends: readonly (() => void)[];

  /** `changed`: whoever looks at the manager should look again. */
  constructor(journal: Journal, loop: Pick<Loop, 'pause' | 'resume'>, log: Logger, changed: () => void) {
    this.journal = journal;
    this.ends = [
      journal.onHealth((health) => {
        tell(health, log);
        if (health.state === 'ok') loop.resume();
        else loop.pause(health.sentence);
        changed();
      }),
      journal.onSnapshot(() => changed()),
    ];
    const { health } = journal;
    if (health.state !== 'ok') loop.pause(health.sentence);
  }

  /** Errors: JOURNAL_UNWRITABLE while nothing can be taken. */
  refuseUnwritable(): void {
    const { health } = this.journal;
    if (health.state !== 'ok') throw new TagmillError('JOURNAL_UNWRITABLE', `not taken: ${health.sentence}`, { state: health.state });
  }

  /** Why nothing can be taken; undefined while all is well. */
  get fault(): string | undefined {
    const { health } = this.journal;
    return health.state === 'ok' ? undefined : health.sentence;
  }

  get record(): Pick<ServiceRecord, 'journal' | 'snapshot'> {
    const { health } = this.journal;
    const head = this.journal.snapshotFile()?.head;
    return {
      journal: health.state === 'ok' ? { state: 'ok', sentence: null, sinceMs: null } : health,
      snapshot: head === undefined ? null : { seq: head.seq, atMs: head.atMs, sizeBytes: head.sizeBytes },
    };
  }

  /** Entry, size and age of the newest snapshot, for people. */
  snapshotText(nowMs: number): string {
    const head = this.journal.snapshotFile()?.head;
    if (head === undefined) return 'none yet';
    const age = Math.max(0, Math.round((nowMs - head.atMs) / 1_000));
    return `entry ${head.seq}, ${head.nodes} instances, ${Math.ceil(head.sizeBytes / 1_024)} KiB, made ${age} s ago`;
  }

  close(): void {
    for (const end of this.ends) end();
  }
}

function tell(health: JournalHealth, log: Logger): void {
  if (health.state === 'ok') log.info({}, 'the journal takes writes again; the manager goes on');
  else log.error({ state: health.state }, health.sentence);
}
