/** Simulated time: a queue of things to happen, in order of time and then of being asked for. */
interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly task: () => void;
  cancelled: boolean;
}

export class SimClock {
  nowMs = 1_700_000_000_000;
  private readonly startedMs = this.nowMs;
  /** A binary heap: the next to happen is the first. */
  private readonly heap: Entry[] = [];
  private order = 0;

  get elapsedMs(): number {
    return this.nowMs - this.startedMs;
  }

  get empty(): boolean {
    return this.heap.length === 0;
  }

  after(delayMs: number, task: () => void): () => void {
    const entry: Entry = { atMs: this.nowMs + Math.max(0, delayMs), order: this.order++, task, cancelled: false };
    this.heap.push(entry);
    this.up(this.heap.length - 1);
    return () => {
      entry.cancelled = true;
    };
  }

  /** Runs the next thing. False when there is none. */
  step(): boolean {
    for (;;) {
      const entry = this.take();
      if (entry === undefined) return false;
      if (entry.cancelled) continue;
      this.nowMs = Math.max(this.nowMs, entry.atMs);
      entry.task();
      return true;
    }
  }

  private take(): Entry | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (heap.length > 0) {
      heap[0] = last;
      this.down(0);
    }
    return first;
  }

  private up(from: number): void {
    const { heap } = this;
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!before(heap[at]!, heap[parent]!)) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  private down(from: number): void {
    const { heap } = this;
    for (let at = from; ; ) {
      const left = 2 * at + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const child = right < heap.length && before(heap[right]!, heap[left]!) ? right : left;
      if (!before(heap[child]!, heap[at]!)) return;
      [heap[at], heap[child]] = [heap[child]!, heap[at]!];
      at = child;
    }
  }
}

const before = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
