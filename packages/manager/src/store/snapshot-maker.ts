/** Decides when a snapshot is made, and keeps the last three. */
import { rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { isErrorCode, TagmillError } from '@tagmill/shared/errors';
import type { Settings } from '../core/state.ts';
import type { Position, SnapshotFile, SnapshotHead } from './journal.ts';
import type { JournalLog } from './journal-log.ts';
import { TEMP_SUFFIX } from './snapshot-file.ts';
import { snapshotPath } from './snapshot-folder.ts';
import type { FromSnapshotThread, SnapshotWork } from './snapshot-messages.ts';

export interface SnapshotPlan {
  readonly dataDir: string;
  readonly settings: Settings;
  /** Made after so many events, each shard of a lease or a result as one. */
  readonly snapshotEvents: number;
  /** Made after this time, when something was written. */
  readonly snapshotMs: number;
  readonly log: JournalLog;
}

interface Hooks {
  readonly made: (head: SnapshotHead) => void;
  /** Entries up to this one are not needed any more. */
  readonly trim: (toSeq: number) => void;
  readonly damaged: (why: string) => void;
}

type Made = Extract<FromSnapshotThread, { type: 'made' }>;

/** A snapshot takes at most a fifth of a core: after one, so many times as long as it took passes. */
const REST_FACTOR = 4;

export class SnapshotMaker {
  private readonly plan: SnapshotPlan;
  private readonly hooks: Hooks;
  private usable: readonly SnapshotHead[] = [];
  private at: Position | undefined;
  private eventsSince = 0;
  private restUntilMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<SnapshotHead> | undefined;
  private worker: Worker | undefined;
  private closed = false;

  constructor(plan: SnapshotPlan, hooks: Hooks) {
    this.plan = plan;
    this.hooks = hooks;
  }

  /** What lies there, newest last, and where the journal ends. */
  begin(usable: readonly SnapshotHead[], at: Position | null): void {
    this.usable = usable;
    this.at = at ?? undefined;
  }

  get newest(): SnapshotFile | undefined {
    const head = this.usable.at(-1);
    return head === undefined ? undefined : { head, path: snapshotPath(this.plan.dataDir, head.seq) };
  }

  committed(at: Position, events: number): void {
    this.at = at;
    this.eventsSince += events;
    if (this.timer === undefined) this.wakeLater();
    if (this.eventsSince >= this.plan.snapshotEvents && performance.now() >= this.restUntilMs) this.makeByItself();
  }

  /** Errors: NOT_FOUND when nothing is written yet; those of the disk. */
  make(): Promise<SnapshotHead> {
    this.underWay ??= this.run().finally(() => {
      this.underWay = undefined;
      this.worker = undefined;
    });
    return this.underWay;
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    const { underWay, worker } = this;
    await worker?.terminate();
    await underWay?.catch((error: unknown) => {
      if (!(error instanceof TagmillError)) throw error;
    });
  }

  private wakeLater(): void {
    this.timer = setTimeout(() => this.makeByItself(), this.plan.snapshotMs).unref();
  }

  private makeByItself(): void {
    if (this.closed) return;
    if (this.underWay !== undefined) {
      // What is written meanwhile is not in it.
      clearTimeout(this.timer);
      this.wakeLater();
      return;
    }
    this.make().catch((error: unknown) => {
      if (!this.closed)
        this.plan.log.warn(
          { error: error instanceof Error ? error.message : String(error) },
          'no snapshot could be made; the older ones stand',
        );
    });
  }

  private async run(): Promise<SnapshotHead> {
    const { at } = this;
    if (at === undefined || at.seq === 0)
      throw new TagmillError('NOT_FOUND', 'nothing is in the journal yet that a snapshot could be made of');
    clearTimeout(this.timer);
    this.timer = undefined;
    const newest = this.usable.at(-1);
    if (newest?.seq === at.seq) return newest;
    this.eventsSince = 0;
    const startedMs = performance.now();
    try {
      const { head, oldest } = await this.work(at);
      const ms = Math.round(performance.now() - startedMs);
      this.plan.log.info({ seq: head.seq, sizeBytes: head.sizeBytes, nodes: head.nodes, ms }, 'a snapshot is made');
      this.keep(head, oldest);
      return head;
    } finally {
      this.restUntilMs = performance.now() + REST_FACTOR * (performance.now() - startedMs);
    }
  }

  private work(at: Position): Promise<Made> {
    const { dataDir, settings } = this.plan;
    const from = this.usable.map(({ seq }) => seq).reverse();
    const workerData: SnapshotWork = { dataDir, settings, from, toSeq: at.seq };
    const worker = new Worker(new URL('./snapshot-worker.ts', import.meta.url), { workerData });
    this.worker = worker;
    return new Promise((resolve, reject) => {
      let answered = false;
      let failure: unknown = new TagmillError('INTERNAL', 'the thread that makes snapshots ended before it had made one');
      worker.on('error', (error) => {
        failure = error;
      });
      worker.on('exit', () => {
        // It has tidied up behind itself then, and the next one may be writing a file of the same name by now.
        if (answered) return;
        rmSync(`${snapshotPath(dataDir, at.seq)}${TEMP_SUFFIX}`, { force: true });
        reject(failure);
      });
      worker.on('message', (message: FromSnapshotThread) => {
        answered ||= message.type !== 'unusable';
        switch (message.type) {
          case 'made':
            resolve(message);
            return;
          case 'unusable':
            this.drop(message.seq, message.why);
            return;
          case 'damaged':
            this.hooks.damaged(message.why);
            reject(new TagmillError('INTERNAL', message.why));
            return;
          case 'failed':
            reject(new TagmillError(isErrorCode(message.code) ? message.code : 'INTERNAL', message.message));
            return;
        }
      });
    });
  }

  private drop(seq: number, why: string): void {
    this.usable = this.usable.filter((head) => head.seq !== seq);
    this.plan.log.warn({ why }, 'a snapshot does not hold any more; an older one is used');
  }

  /** The thread has removed those before `oldest`. */
  private keep(head: SnapshotHead, oldest: number | null): void {
    const usable = [...this.usable.filter(({ seq }) => seq !== head.seq), head];
    this.usable = usable.filter(({ seq }) => oldest === null || seq >= oldest);
    if (oldest !== null) this.hooks.trim(oldest);
    this.hooks.made(head);
  }
}
