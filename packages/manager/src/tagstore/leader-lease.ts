/**
 * The leader's lease as its holder sees it: renewed well before its end, and
 * counted by the holder's own monotonic clock from before each question, so
 * that it ends here no later than in the database. A process that slept past
 * the end, or whose database does not answer, knows that it may not lead
 * before it says another word.
 */
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import { LEASE_MS } from './metadata.ts';

const RENEW_MS = 3_000;
/** How often a lease that has run out is asked for again. */
const AGAIN_MS = 500;

export interface LeasePorts {
  /** Sets the lease in the database anew; false when the row is another's by now. Rejects when it cannot be asked. */
  readonly renew: () => Promise<boolean>;
  /** Monotonic clock, ms. */
  readonly steady: () => number;
}

export class LeaderLease {
  private readonly ports: LeasePorts;
  private standsUntilMs: number;
  private ended = false;
  private renewing = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly waiting: (() => void)[] = [];
  private resolveLost: (error: TagmillError) => void = () => undefined;
  private rejectLost: (error: unknown) => void = () => undefined;
  /** Resolves when another has taken the row; rejects when the database says what cannot be tried again. */
  readonly lost: Promise<TagmillError>;
  private readonly lostSentence: string;

  /** `takenAtMs`: by the monotonic clock, from before the row was taken. */
  constructor(takenAtMs: number, lostSentence: string, ports: LeasePorts) {
    this.ports = ports;
    this.lostSentence = lostSentence;
    this.standsUntilMs = takenAtMs + LEASE_MS;
    this.lost = new Promise((resolve, reject) => {
      this.resolveLost = resolve;
      this.rejectLost = reject;
    });
    this.plan();
  }

  stands(): boolean {
    return !this.ended && this.ports.steady() < this.standsUntilMs;
  }

  /** Runs the task as soon as the lease stands: at once, or when it is renewed; never once it is lost. */
  whenItStands(task: () => void): void {
    if (this.stands()) {
      task();
      return;
    }
    this.waiting.push(task);
    this.start();
  }

  end(): void {
    this.ended = true;
    this.waiting.length = 0;
    clearTimeout(this.timer);
  }

  private plan(): void {
    this.timer = setTimeout(() => this.start(), this.waiting.length > 0 ? AGAIN_MS : RENEW_MS);
    this.timer.unref();
  }

  private start(): void {
    if (this.renewing || this.ended) return;
    this.renewing = true;
    clearTimeout(this.timer);
    this.renew().then(
      () => {
        this.renewing = false;
        if (!this.ended) this.plan();
      },
      (error: unknown) => {
        this.renewing = false;
        if (!this.ended) this.rejectLost(toTagmillError(error));
      },
    );
  }

  private async renew(): Promise<void> {
    const askedAtMs = this.ports.steady();
    let mine: boolean;
    try {
      mine = await this.ports.renew();
    } catch (error) {
      // The row is asked again when the database is back.
      if (toTagmillError(error).retry) return;
      throw error;
    }
    if (this.ended) return;
    if (!mine) {
      this.end();
      this.resolveLost(new TagmillError('MANAGER_LIVE', this.lostSentence));
      return;
    }
    this.standsUntilMs = askedAtMs + LEASE_MS;
    if (this.stands()) for (const task of this.waiting.splice(0)) task();
  }
}
