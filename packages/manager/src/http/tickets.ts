/** One-time tickets: a page asks for one with its key and opens its socket with it, since a browser's socket sends no headers. */
import { createHash, randomBytes } from 'node:crypto';

export const TICKET_MS = 30_000;
/** Tickets that wait to be used; the oldest go first. */
const MOST_TICKETS = 10_000;

export class Tickets {
  readonly #nowMs: () => number;
  /** Digest of the ticket -> when it ends; in order of age. */
  readonly #open = new Map<string, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  issue(): string {
    this.#dropOld();
    const ticket = randomBytes(24).toString('base64url');
    this.#open.set(digest(ticket), this.#nowMs() + TICKET_MS);
    return ticket;
  }

  /** Whether it was issued less than 30 s ago and not yet used; it is used now. */
  redeem(ticket: string): boolean {
    const key = digest(ticket);
    const endsAtMs = this.#open.get(key);
    this.#open.delete(key);
    return endsAtMs !== undefined && this.#nowMs() < endsAtMs;
  }

  #dropOld(): void {
    const nowMs = this.#nowMs();
    for (const [key, endsAtMs] of this.#open) {
      if (endsAtMs > nowMs && this.#open.size < MOST_TICKETS) return;
      this.#open.delete(key);
    }
  }
}

const digest = (ticket: string): string => createHash('sha256').update(ticket).digest('base64url');
