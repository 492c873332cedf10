/** Decides when a snapshot is made, and keeps the last three. */
import { rmSync } from 'node:fs';
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import type { Settings } from '../core/state.ts';
import type { Position, SnapshotFile, SnapshotHead } from './journal.ts';
import type { JournalLog } from './journal-log.ts';
import { keepNewest, makeSnapshotFolder, nameSnapshot, snapshotPath, tempPath } from './snapshot-folder.ts';
import { SnapshotProcess, type Written } from './snapshot-process.ts';

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

/** A snapshot takes at most a fifth of a core: after one, so many times as long as it took passes. */
const REST_FACTOR = 4;
/** The process that makes them is started while the manager is small, and not within a command that ends soon, ms. */
const WARM_UP_MS = 3_000;

export class SnapshotMaker {
  private readonly plan: SnapshotPlan;
  private readonly hooks: Hooks;
  private usable: readonly SnapshotHead[] = [];
  private at: Position | undefined;
  private eventsSince = 0;
  private restUntilMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<SnapshotHead> | undefined;
  private readonly process: SnapshotProcess;
  /** Of those that were made since the start. */
  private readonly hashes = new WeakMap<SnapshotHead, Uint8Array>();
  private warmUp: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(plan: SnapshotPlan, hooks: Hooks) {
    this.plan = plan;
    this.hooks = hooks;
    this.process = new SnapshotProcess({ unusable: (seq, why) => this.drop(seq, why), damaged: hooks.damaged });
  }

  /** What lies there, newest last, and where the journal ends. */
  begin(usable: readonly SnapshotHead[], at: Position | null): void {
    this.usable = usable;
    this.at = at ?? undefined;
  }

  get newest(): SnapshotFile | undefined {
    const head = this.usable.at(-1);
    return head === undefined ? undefined : { head, path: snapshotPath(this.plan.dataDir, head.seq), contentHash: this.hashes.get(head) };
  }

  committed(at: Position, events: number): void {
    this.at = at;
    this.eventsSince += events;
    this.warmUp ??= setTimeout(() => this.process.start(), WARM_UP_MS).unref();
    if (this.timer === undefined) this.wakeLater();
    if (this.eventsSince >= this.plan.snapshotEvents && performance.now() >= this.restUntilMs) this.makeByItself();
  }

  /** Errors: NOT_FOUND when nothing is written yet; those of the disk. */
  make(): Promise<SnapshotHead> {
    this.underWay ??= this.run().finally(() => {
      this.underWay = undefined;
    });
    return this.underWay;
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    const { underWay } = this;
    clearTimeout(this.warmUp);
    await this.process.close();
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
      const { head, contentHash } = await this.write(at);
      const ms = Math.round(performance.now() - startedMs);
      this.plan.log.info({ seq: head.seq, sizeBytes: head.sizeBytes, nodes: head.nodes, ms }, 'a snapshot is made');
      this.hashes.set(head, contentHash);
      await this.keep(head);
      return head;
    } catch (error) {
      // Of the disk, by whichever step: whoever closes the journal takes only errors of ours for a snapshot that was given up.
      throw toTagmillError(error);
    } finally {
      this.restUntilMs = performance.now() + REST_FACTOR * (performance.now() - startedMs);
    }
  }

  private async write(at: Position): Promise<Written> {
    const { dataDir, settings } = this.plan;
    const from = this.usable.map(({ seq }) => seq).reverse();
    const temp = tempPath(dataDir, at.seq);
    makeSnapshotFolder(dataDir);
    const written = await this.process.make({ dataDir, settings, from, toSeq: at.seq, temp });
    try {
      await nameSnapshot(dataDir, temp, written.head.seq);
      return written;
    } catch (error) {
      rmSync(temp, { force: true });
      throw error;
    }
  }

  private drop(seq: number, why: string): void {
    this.usable = this.usable.filter((head) => head.seq !== seq);
    this.plan.log.warn({ why }, 'a snapshot does not hold any more; an older one is used');
  }

  private async keep(head: SnapshotHead): Promise<void> {
    this.usable = [...this.usable.filter(({ seq }) => seq !== head.seq), head];
    const oldest = await keepNewest(this.plan.dataDir, new Set(this.usable.map(({ seq }) => seq)));
    if (oldest !== undefined) {
      this.usable = this.usable.filter(({ seq }) => seq >= oldest);
      this.hooks.trim(oldest);
    }
    this.hooks.made(head);
  }
}
