/** When to flush: at once when it is urgent, else at a pace that leaves most of the time to others. */
import { FEED } from './settings.ts';

export class Pace {
  readonly #flush: () => void;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #paceMs: number = FEED.paceMs;
  #stopped = false;

  constructor(flush: () => void) {
    this.#flush = flush;
  }

  /** Something may have changed. `urgent` still waits for the end of this turn, so that what one action does goes out as one. */
  ask(urgent: boolean): void {
    if (this.#stopped || this.#immediate !== undefined) return;
    if (urgent) this.#immediate = setImmediate(this.#flush);
    else this.#timer ??= setTimeout(this.#flush, Math.max(0, this.#lastMs + this.#paceMs - performance.now()));
  }

  /** A flush begins; the returned function ends it. What was asked for before is done with it. */
  begin(): () => void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
    const startedMs = performance.now();
    this.#lastMs = startedMs;
    return () => {
      const tookMs = performance.now() - startedMs;
      this.#paceMs = Math.min(FEED.slowestPaceMs, Math.max(FEED.paceMs, tookMs / FEED.flushShare));
    };
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }
}
