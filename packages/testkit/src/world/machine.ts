/**
 * One simulated process on a machine: its clocks, which may run at another
 * rate and jump, and what reaches it while it is stopped (SIGSTOP): nothing,
 * until it goes on; then everything, in order.
 */
import type { SimClock } from './clock.ts';

export class Machine {
  private readonly clock: SimClock;
  /** How fast its clocks run: 1 is true time. */
  readonly rate: number;
  /** How far its wall clock is off: it is set forward and back. */
  skewMs = 0;
  private stoppedUntilMs = 0;
  private readonly inbox: (() => void)[] = [];
  /** Changes when the process dies: what it had asked for does not happen any more. */
  private life = 0;
  private readonly deathbed = new Set<() => void>();

  constructor(clock: SimClock, rate = 1) {
    this.clock = clock;
    this.rate = rate;
  }

  /** Wall clock, ms since 1970. */
  wallMs(): number {
    return this.clock.nowMs - this.clock.elapsedMs * (1 - this.rate) + this.skewMs;
  }

  /** Monotonic clock, ms; goes on while the process is stopped. */
  steadyMs(): number {
    return this.clock.elapsedMs * this.rate;
  }

  get stopped(): boolean {
    return this.clock.nowMs < this.stoppedUntilMs;
  }

  /** The process is gone; another may be started on this machine. */
  die(): void {
    this.life += 1;
    this.stoppedUntilMs = 0;
    this.inbox.length = 0;
    const last = [...this.deathbed];
    this.deathbed.clear();
    for (const task of last) task();
  }

  /** Happens when the process dies; the function given back takes it away. */
  onDeath(task: () => void): () => void {
    this.deathbed.add(task);
    return () => void this.deathbed.delete(task);
  }

  /** Happens in this process: later when it is stopped, never when it is gone by then. */
  whenAwake(task: () => void): void {
    if (this.stopped) this.inbox.push(task);
    else task();
  }

  /** A timer of this process, by its own clock. */
  after(delayMs: number, task: () => void): () => void {
    const { life } = this;
    return this.clock.after(delayMs / this.rate, () => {
      if (life === this.life) this.whenAwake(task);
    });
  }

  /** SIGSTOP, and SIGCONT after a while; `woken` comes before what waited. */
  stop(forMs: number, woken: () => void = () => undefined): void {
    const { life } = this;
    this.stoppedUntilMs = Math.max(this.stoppedUntilMs, this.clock.nowMs + forMs);
    this.clock.after(forMs, () => {
      if (life !== this.life || this.stopped) return;
      woken();
      while (this.inbox.length > 0 && life === this.life && !this.stopped) this.inbox.shift()!();
    });
  }
}
