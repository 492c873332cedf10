/**
 * The single writer: drain inputs -> stamp -> journal -> commit -> apply ->
 * effects. State, feed and answers never run ahead of the disk; only the core's
 * own decisions are applied and sent at once, and journaled with the next batch
 * (architecture.md, "The functional core").
 */
import { failpoint } from '@tagmill/shared/failpoint';
import { apply } from '../core/apply.ts';
import { decide, nextDueInMs } from '../core/decide.ts';
import type { Effect } from '../core/effects.ts';
import type { Input, Stamped } from '../core/events.ts';
import type { ManagerState } from '../core/state.ts';
import type { JournalBatch } from '../store/journal.ts';
import { encodeBatch } from '../store/codec.ts';

export interface LoopPorts {
  /** Writes a batch; `done` is called once it is on disk, or with the error that says it is not. One at a time. */
  readonly commit: (batch: JournalBatch, done: (error?: unknown) => void) => void;
  /** Term under which this manager writes. */
  readonly term: () => number;
  /** Wall clock, ms since 1970; never runs backwards. */
  readonly now: () => number;
  /** Monotonic clock, ms: leases are counted by it. */
  readonly steady: () => number;
  /** Carries out effects; must not throw and must not wait. */
  readonly act: (effects: readonly Effect[]) => void;
  /** Called after each turn that changed something. */
  readonly changed: () => void;
  /** The journal does not take writes any more: nothing may be confirmed from here on. */
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

export class Loop {
  readonly state: ManagerState;
  private readonly ports: LoopPorts;
  private seq: number;
  private readonly inputs: { readonly input: Input; readonly waiter: Waiter | undefined }[] = [];
  private decisions: Stamped[] = [];
  private committing = false;
  private stopped = false;
  private scheduled = false;
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

  /** Takes no more inputs and resolves when what was taken is on disk. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelWake?.();
    if (!this.committing && this.inputs.length === 0 && this.decisions.length === 0) return;
    await new Promise<void>((resolve) => {
      this.drained.push(resolve);
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.committing) return;
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
    if (this.committing) return;
    if (!this.stopped) this.decideNow();
    if (this.inputs.length === 0 && this.decisions.length === 0) {
      for (const resolve of this.drained.splice(0)) resolve();
      this.wakeLater();
      return;
    }
    const taken = this.inputs.splice(0, BATCH_INPUTS);
    const atMs = this.ports.now();
    const stamped = taken.map(({ input }) => ({ atMs, event: input }));
    const blob = encodeBatch([...this.decisions, ...stamped]);
    this.decisions = [];
    this.committing = true;
    failpoint('manager.loop.taken');
    this.ports.commit({ seq: ++this.seq, term: this.ports.term(), blob }, (error) => {
      if (error === undefined) this.committed(stamped, taken);
      else this.broken(error, taken);
    });
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

  private committed(stamped: readonly Stamped[], taken: readonly { readonly waiter: Waiter | undefined }[]): void {
    this.committing = false;
    failpoint('manager.loop.committed');
    let at = 0;
    try {
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
    if (!this.stopped) this.decideNow();
    this.ports.changed();
    if (this.inputs.length > 0 || this.decisions.length > 0 || this.drained.length > 0) this.schedule();
    else this.wakeLater();
  }

  private decideNow(): void {
    const nowMs = this.ports.now();
    const { decisions, effects } = decide(this.state, nowMs, this.ports.steady());
    if (effects.length > 0) this.ports.act(effects);
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
    if (this.stopped || dueInMs === Number.POSITIVE_INFINITY) return;
    this.cancelWake = this.ports.after(Math.max(LEAST_WAKE_MS, dueInMs), () => this.schedule());
  }
}
