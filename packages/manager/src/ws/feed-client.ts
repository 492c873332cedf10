/** One reader of the feed, by socket or by event stream. */
import type { Encoded } from './encoded.ts';

export abstract class FeedClient {
  #graceBytes = 0;

  /** Bytes that were sent and have not left the process. */
  abstract bufferedBytes(): number;
  /** Ends the connection at once; `why` goes to the client where it can. */
  abstract cut(why: string, whose?: 'client' | 'manager'): void;
  protected abstract write(message: Encoded): void;

  send(message: Encoded): void {
    this.write(message);
    // A large snapshot takes its time on a slow line: that alone makes nobody slow.
    if (message.type === 'snapshot') this.#graceBytes = this.bufferedBytes();
  }

  /** How far the client is behind, in bytes, apart from a snapshot that is still on its way. */
  behindBytes(): number {
    const buffered = this.bufferedBytes();
    this.#graceBytes = Math.min(this.#graceBytes, buffered);
    return buffered - this.#graceBytes;
  }
}
