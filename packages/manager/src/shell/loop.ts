/**
 * The single writer: drain inputs -> stamp -> journal -> commit -> apply ->
 * effects. State, feed and answers never run ahead of the disk; only the core's
 * own decisions are applied and sent at once, and journaled with the next batch
 * (architecture.md, "The functional core"), but for what writes or fences
 * without anything of it in the journal (`waitsForJournal`).
 */
import { TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import { apply } from '../core/apply.ts';
import { decide, nextDueInMs } from '../core/decide.ts';
import { type Effect, waitsForJournal } from '../core/effects.ts';
import type { Input, Stamped } from '../core/events.ts';
import type { ManagerState } from '../core/state.ts';
import type { JournalBatch } from '../store/journal.ts';
import { encodeBatch } from '../store/codec.ts';

export interface LoopPorts {
  /**
   * Writes a batch; `done` is called once it is on disk, or with the error that
   * says it is not: JOURNAL_UNWRITABLE when its number is given again after
   * `resume`. One at a time.
   */
  readonly commit: (batch: JournalBatch, done: (error?: unknown) => void) => void;
  /** Term under which this manager writes. */
  readonly term: () => number;
  /** Whether this manager still leads, by its own monotonic clock: else nothing is decided, confirmed or sent. */
  readonly leads: () => boolean;
  /** Runs the task as soon as this manager leads: at once, or when its lease is renewed; never when it is lost. */
  readonly whenLeading: (task: () => void) => void;
  /** Wall clock, ms since 1970; never runs backwards. */
  readonly now: () => number;
  /** Monotonic clock, ms: leases are counted by it. */
  readonly steady: () => number;
  /** Carries out effects; must not throw and must not wait. */
  readonly act: (effects: readonly Effect[]) => void;
  /** Called after each turn that changed something. */
  readonly changed: () => void;
  /** The journal does not take writes any more, for good: nothing may be confirmed from here on. */
  readonly failed: (error: unknown) => void;
  /** Runs `task` soon, after the inputs that are there already were taken in. */
  readonly soon: (task: () => void) => void;
  /** Runs `task` after `delayMs`; the function given back cancels it. */
  readonly after: (delayMs: number, task: () => void) => () => void;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Tokens reserved ahead, so that dispatch never waits for a flush. */
const TOKEN_BLOCK = 1_000_000;
/** Inputs in one batch at most: a turn stays short. */
const BATCH_INPUTS = 4_096;
/** The clock alone wakes the loop at most this often. */
const LEAST_WAKE_MS = 20;

/** How long a person waits to be told whether what a failed flush may have written is there. */
const UNKNOWN_WAIT_MS = 5_000;

interface Taken {
  readonly input: Input;
  readonly waiter: Waiter | undefined;
}

export class Loop {
  readonly state: ManagerState;
  private readonly ports: LoopPorts;
  private seq: number;
  private inputs: Taken[] = [];
  /** Why the journal takes nothing now; the loop rests meanwhile. */
  private refusal: TagmillError | undefined;
  /** In the batch that is being written. */
  private underWay: readonly Taken[] = [];
  private decisions: Stamped[] = [];
  /** Effects of decisions that are not on disk yet, and must be before anybody hears of them. */
  private unwritten: Effect[] = [];
  private committing = false;
  private stopped = false;
  private scheduled = false;
  private waitingToLead = false;
  private cancelWake: (() => void) | undefined;
  private drained: (() => void)[] = [];

  constructor(state: ManagerState, lastSeq: number, ports: LoopPorts) {
    this.state = state;
    this.seq = lastSeq;
    this.ports = ports;
  }

  /** Resolves when the input is in the journal and applied. */
  submit(input: Input): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.stopped) reject(new Error('the manager is stopping'));
      else if (this.refusal !== undefined) reject(this.refusal);
      else this.push(input, { resolve, reject });
    });
  }

  /** Like submit, for inputs that nobody waits for. */
  push(input: Input, waiter?: Waiter): void {
    if (this.stopped) return;
    this.inputs.push({ input, waiter });
    this.schedule();
  }

  /** Something that is not journaled changed (a heartbeat, a lost stream): look for decisions. */
  poke(): void {
    this.schedule();
  }

  /**
   * The journal takes nothing for now: nothing is decided or confirmed until
   * `resume`, what executors say waits, and who waits for an answer is told.
   */
  pause(why: string): void {
    const refusal = new TagmillError('JOURNAL_UNWRITABLE', `not taken: ${why}`);
    this.refusal = refusal;
    this.cancelWake?.();
    this.turnAway(refusal);
    if (!this.committing) return;
    const unknown = new TagmillError('JOURNAL_UNWRITABLE', `${why} Whether this was taken shows then: look before you ask again.`);
    const taken = this.underWay;
    this.cancelWake = this.ports.after(UNKNOWN_WAIT_MS, () => {
      for (const { waiter } of taken) waiter?.reject(unknown);
    });
  }

  /** The journal takes writes again. */
  resume(): void {
    this.refusal = undefined;
    this.cancelWake?.();
    this.schedule();
  }

  /** Takes no more inputs and resolves when what was taken is on disk. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelWake?.();
    if (!this.ports.leads()) {
      // Whoever leads now goes on; nothing of this one may be told any more.
      for (const { waiter } of this.inputs.splice(0)) waiter?.reject(new Error('the manager does not lead any more'));
      return;
    }
    // What a journal that takes nothing has not taken was confirmed to nobody.
    if (this.refusal !== undefined) return;
    if (!this.committing && this.inputs.length === 0 && this.decisions.length === 0) return;
    await new Promise<void>((resolve) => {
      this.drained.push(resolve);
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.committing || this.refusal !== undefined) return;
    this.scheduled = true;
    this.ports.soon(() => {
      this.scheduled = false;
      try {
        this.turn();
      } catch (error) {
        this.broken(error, []);
      }
    });
  }

  private turn(): void {
    if (this.committing || this.refusal !== undefined || !this.mayTurn()) return;
    if (!this.stopped) this.decideNow();
    if (this.inputs.length === 0 && this.decisions.length === 0) {
      for (const resolve of this.drained.splice(0)) resolve();
      this.wakeLater();
      return;
    }
    const taken = this.inputs.splice(0, BATCH_INPUTS);
    const atMs = this.ports.now();
    const stamped = taken.map(({ input }) => ({ atMs, event: input }));
    const { decisions, unwritten } = this;
    const blob = encodeBatch([...decisions, ...stamped]);
    this.decisions = [];
    this.unwritten = [];
    this.committing = true;
    this.underWay = taken;
    failpoint('manager.loop.taken');
    this.ports.commit({ seq: ++this.seq, term: this.ports.term(), blob }, (error) => {
      // It slept in the meantime, perhaps past its lease: what is on disk is told only once it leads for certain.
      if (error === undefined) this.ports.whenLeading(() => this.committed(stamped, taken, unwritten));
      else if (error instanceof TagmillError && error.code === 'JOURNAL_UNWRITABLE') {
        this.unwritten = [...unwritten, ...this.unwritten];
        this.refused(error, decisions, taken);
      } else this.broken(error, taken);
    });
  }

  /** The batch is not in the journal. What was decided is in force already: it is written with what comes next. */
  private refused(error: TagmillError, decisions: readonly Stamped[], taken: readonly Taken[]): void {
    this.committing = false;
    this.seq -= 1;
    this.decisions = [...decisions, ...this.decisions];
    this.inputs = [...taken, ...this.inputs];
    this.pause(error.message);
    for (const resolve of this.drained.splice(0)) resolve();
  }

  private turnAway(refusal: TagmillError): void {
    const kept: Taken[] = [];
    for (const taken of this.inputs) {
      if (taken.waiter === undefined) kept.push(taken);
      else taken.waiter.reject(refusal);
    }
    this.inputs = kept;
  }

  private mayTurn(): boolean {
    if (this.ports.leads()) return true;
    if (this.waitingToLead) return false;
    this.waitingToLead = true;
    this.ports.whenLeading(() => {
      this.waitingToLead = false;
      this.schedule();
    });
    return false;
  }

  /** The journal takes no more: nothing is confirmed from here on. */
  private broken(error: unknown, taken: readonly { readonly waiter: Waiter | undefined }[]): void {
    this.stopped = true;
    this.committing = false;
    this.decisions = [];
    this.cancelWake?.();
    for (const { waiter } of [...taken, ...this.inputs.splice(0)]) waiter?.reject(error);
    for (const resolve of this.drained.splice(0)) resolve();
    this.ports.failed(error);
  }

  private committed(
    stamped: readonly Stamped[],
    taken: readonly { readonly waiter: Waiter | undefined }[],
    unwritten: readonly Effect[],
  ): void {
    this.committing = false;
    failpoint('manager.loop.committed');
    let at = 0;
    try {
      if (unwritten.length > 0) this.ports.act(unwritten);
      for (; at < stamped.length; at++) {
        const effects = apply(this.state, stamped[at]!);
        if (effects.length > 0) this.ports.act(effects);
        taken[at]!.waiter?.resolve();
      }
      failpoint('manager.loop.applied');
      this.turnAgain();
    } catch (error) {
      // An assertion of ours: the state cannot be trusted any more, so nothing is confirmed from it.
      this.broken(error, taken.slice(at));
    }
  }

  private turnAgain(): void {
    if (!this.stopped && this.refusal === undefined) this.decideNow();
    this.ports.changed();
    if (this.inputs.length > 0 || this.decisions.length > 0 || this.drained.length > 0) this.schedule();
    else this.wakeLater();
  }

  private decideNow(): void {
    const nowMs = this.ports.now();
    const { decisions, effects } = decide(this.state, nowMs, this.ports.steady());
    const now = effects.filter((effect) => !waitsForJournal(effect));
    if (now.length > 0) this.ports.act(now);
    if (now.length < effects.length) this.unwritten.push(...effects.filter(waitsForJournal));
    for (const event of decisions) this.decisions.push({ atMs: nowMs, event });
    if (decisions.length > 0) failpoint('manager.loop.decided');
    if (decisions.length > 0) this.ports.changed();
    if (
      this.state.tokensReserved - this.state.tokenNext < TOKEN_BLOCK / 2 &&
      !this.inputs.some(({ input }) => input.type === 'tokens-reserved')
    ) {
      this.inputs.push({
        input: { type: 'tokens-reserved', upTo: Math.max(this.state.tokensReserved, this.state.tokenNext) + TOKEN_BLOCK },
        waiter: undefined,
      });
    }
  }

  private wakeLater(): void {
    this.cancelWake?.();
    this.cancelWake = undefined;
    const dueInMs = nextDueInMs(this.state, this.ports.now(), this.ports.steady());
    if (this.stopped || this.refusal !== undefined || dueInMs === Number.POSITIVE_INFINITY) return;
    this.cancelWake = this.ports.after(Math.max(LEAST_WAKE_MS, dueInMs), () => this.schedule());
  }
}
