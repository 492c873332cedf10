/**
 * One executor's stream: numbers, acknowledges, bounds what waits to be sent.
 * Duplicates are dropped and counted; a gap ends the session, since gRPC keeps
 * order and a gap is a defect of the peer.
 */
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { failpoint } from '@tagmill/shared/failpoint';
import type { FromExecutor } from '@tagmill/shared/gen/tagmill/v1/FromExecutor';
import type { FromManager } from '@tagmill/shared/gen/tagmill/v1/FromManager';
import type { Incoming, Outgoing } from './wire.ts';

/** Messages waiting for the stream to drain; beyond it the peer is not reading and is cut off. */
const MAX_WAITING = 4_096;

export interface SessionEvents {
  readonly message: (session: Session, message: Incoming) => void;
  readonly closed: (session: Session) => void;
}

export class Session {
  /** Set by the server once Hello was accepted. */
  executorId: string | undefined;
  /** The executor's process. */
  instance = '';
  private readonly stream: ServerDuplexStream<FromExecutor, FromManager>;
  private readonly events: SessionEvents;
  private sent = 0;
  private read = 0;
  private acked = 0;
  private blocked = false;
  private readonly waiting: Outgoing[] = [];
  private open = true;
  private heardAtMs = performance.now();
  duplicates = 0;

  constructor(stream: ServerDuplexStream<FromExecutor, FromManager>, events: SessionEvents) {
    this.stream = stream;
    this.events = events;
    stream.on('data', (message: FromExecutor) => this.receive(message as Incoming));
    stream.on('end', () => this.close());
    stream.on('error', () => this.close());
    stream.on('close', () => this.close());
    stream.on('cancelled', () => this.close());
    stream.on('drain', () => this.flush());
  }

  get peer(): string {
    return this.stream.getPeer();
  }

  /** Since when nothing came, ms. */
  get idleMs(): number {
    return performance.now() - this.heardAtMs;
  }

  /** Messages of ours that the executor has read. */
  get acknowledged(): number {
    return this.acked;
  }

  /** It reads slower than it is written to: what can wait should. */
  get isBlocked(): boolean {
    return this.blocked;
  }

  send(message: Outgoing): void {
    if (!this.open) return;
    if (this.blocked) {
      this.waiting.push(message);
      if (this.waiting.length > MAX_WAITING) this.close();
      return;
    }
    this.write(message);
  }

  /** Ends the stream after what was sent. */
  end(): void {
    if (!this.open) return;
    this.stream.end();
    this.close();
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.waiting.length = 0;
    this.stream.end();
    this.events.closed(this);
  }

  private write(message: Outgoing): void {
    this.sent += 1;
    this.blocked = !this.stream.write({ ...message, seq: this.sent, ack: this.read });
  }

  private flush(): void {
    this.blocked = false;
    while (!this.blocked && this.waiting.length > 0) this.write(this.waiting.shift()!);
  }

  private receive(message: Incoming): void {
    if (!this.open) return;
    if (message.seq <= this.read) {
      this.duplicates += 1;
      return;
    }
    if (message.seq !== this.read + 1) {
      this.close();
      return;
    }
    this.read = message.seq;
    this.heardAtMs = performance.now();
    this.acked = Math.max(this.acked, message.ack);
    failpoint('manager.session.received');
    this.events.message(this, message);
  }
}
