/**
 * `Idempotency-Key` on POST: the same key and body gives the same answer and
 * does nothing again; another body under the same key is refused. Kept in
 * memory, bounded by age, number and bytes; refusals are not kept, because they
 * did nothing.
 */
export const IDEMPOTENCY = { keptMs: 24 * 3_600_000, entries: 1_000, bytes: 64 * 1024 * 1024 } as const;

export interface KeptAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly location: string | undefined;
  readonly body: string;
}

interface Entry {
  readonly bodyHash: string;
  readonly sinceMs: number;
  /** Resolves with undefined when the first request was refused or failed. */
  readonly answer: Promise<KeptAnswer | undefined>;
  bytes: number;
  settled: boolean;
}

export type Claim =
  | { readonly kind: 'first'; settle(answer: KeptAnswer | undefined): void }
  | { readonly kind: 'again'; readonly answer: Promise<KeptAnswer | undefined> }
  | { readonly kind: 'other-body' };

export class IdempotencyStore {
  readonly #entries = new Map<string, Entry>();
  readonly #nowMs: () => number;
  #bytes = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Claims a key (which names the route too). The first one must settle it, whatever happens. */
  claim(key: string, bodyHash: string): Claim {
    const known = this.#entries.get(key);
    if (known !== undefined && this.#nowMs() - known.sinceMs < IDEMPOTENCY.keptMs) {
      return known.bodyHash === bodyHash ? { kind: 'again', answer: known.answer } : { kind: 'other-body' };
    }
    if (known !== undefined) this.#forget(key, known);
    const { promise, resolve } = Promise.withResolvers<KeptAnswer | undefined>();
    const entry: Entry = { bodyHash, sinceMs: this.#nowMs(), answer: promise, bytes: 0, settled: false };
    this.#entries.set(key, entry);
    const settle = (answer: KeptAnswer | undefined) => {
      if (entry.settled) return;
      entry.settled = true;
      if (answer === undefined) this.#forget(key, entry);
      else this.#keep(entry, answer);
      resolve(answer);
    };
    return { kind: 'first', settle };
  }

  #keep(entry: Entry, answer: KeptAnswer): void {
    entry.bytes = answer.body.length;
    this.#bytes += entry.bytes;
    for (const [key, old] of this.#entries) {
      if (this.#entries.size <= IDEMPOTENCY.entries && this.#bytes <= IDEMPOTENCY.bytes) return;
      if (old.settled && old !== entry) this.#forget(key, old);
    }
  }

  #forget(key: string, entry: Entry): void {
    if (this.#entries.get(key) !== entry) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
