/** Simulated time: a queue of things to happen, in order of time and then of being asked for. */
export class SimClock {
  nowMs = 1_700_000_000_000;
  private readonly startedMs = this.nowMs;
  private queue: { readonly atMs: number; readonly order: number; readonly task: () => void; cancelled: boolean }[] = [];
  private order = 0;

  /** How far the machine's wall clock is off: it is set forward and back. */
  skewMs = 0;

  get wallMs(): number {
    return this.nowMs + this.skewMs;
  }

  get elapsedMs(): number {
    return this.nowMs - this.startedMs;
  }

  get empty(): boolean {
    return this.queue.length === 0;
  }

  after(delayMs: number, task: () => void): () => void {
    const entry = { atMs: this.nowMs + Math.max(0, delayMs), order: this.order++, task, cancelled: false };
    let at = this.queue.length;
    while (
      at > 0 &&
      (this.queue[at - 1]!.atMs > entry.atMs || (this.queue[at - 1]!.atMs === entry.atMs && this.queue[at - 1]!.order > entry.order))
    )
      at -= 1;
    this.queue.splice(at, 0, entry);
    return () => {
      entry.cancelled = true;
    };
  }

  /** Runs the next thing. False when there is none. */
  step(): boolean {
    for (;;) {
      const entry = this.queue.shift();
      if (entry === undefined) return false;
      if (entry.cancelled) continue;
      this.nowMs = Math.max(this.nowMs, entry.atMs);
      entry.task();
      return true;
    }
  }
}
