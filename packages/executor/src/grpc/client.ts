/**
 * The executor's end of the stream: dials, says Hello, numbers messages, dials
 * again with back-off and full jitter. Losing the stream is routine.
 */
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ClientDuplexStream, Client, credentials, type ChannelCredentials } from '@grpc/grpc-js';
import { failpoint } from '@tagmill/shared/failpoint';
import type { FromExecutor } from '@tagmill/shared/gen/tagmill/v1/FromExecutor';
import type { FromManager } from '@tagmill/shared/gen/tagmill/v1/FromManager';
import type { Hello } from '@tagmill/shared/gen/tagmill/v1/Hello';
import type { ReplicaPart } from '@tagmill/shared/gen/tagmill/v1/ReplicaPart';
import { CHANNEL_OPTIONS, executorService } from '@tagmill/shared/wire/service';
import type { Incoming, Outgoing } from './wire.ts';

export interface ClientEvents {
  /** Asked at each dial: what is held may have changed. */
  readonly hello: () => Hello;
  readonly message: (message: Incoming) => void;
  readonly connected: () => void;
  readonly lost: (why: string) => void;
  /** The manager said no; it does no good to come back. */
  readonly refused: (code: string, message: string) => void;
}

/** A manager that starts again is found at once: so long it is dialled in quick succession. */
const QUICK_FOR_MS = 5_000;
const FIRST_RETRY_MS = 250;
/** Under the window for which a start waits for copies. */
const MAX_RETRY_MS = 4_000;

export class ManagerClient {
  private readonly address: string;
  private readonly channelCredentials: ChannelCredentials;
  private readonly events: ClientEvents;
  private client: Client | undefined;
  private stream: ClientDuplexStream<FromExecutor, FromManager> | undefined;
  private sent = 0;
  private read = 0;
  private failures = 0;
  private lostAtMs = 0;
  private closed = false;
  private blocked = false;
  private readonly waiting: Outgoing[] = [];
  private timer: NodeJS.Timeout | undefined;
  private welcomed = false;

  constructor(address: string, tlsCa: Buffer | undefined, events: ClientEvents) {
    this.address = address;
    this.channelCredentials = tlsCa === undefined ? credentials.createInsecure() : credentials.createSsl(tlsCa);
    this.events = events;
  }

  connect(): void {
    if (this.closed) return;
    this.client ??= new Client(this.address, this.channelCredentials, CHANNEL_OPTIONS);
    const method = executorService().Session;
    const stream = this.client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize);
    this.stream = stream;
    this.sent = 0;
    this.read = 0;
    this.blocked = false;
    this.waiting.length = 0;
    this.welcomed = false;
    stream.on('data', (message: FromManager) => this.receive(stream, message as Incoming));
    stream.on('error', (error: Error) => this.lose(stream, error.message));
    stream.on('end', () => this.lose(stream, 'the manager ended the stream'));
    stream.on('drain', () => this.flush());
    failpoint('executor.client.hello');
    this.write({ hello: this.events.hello() });
  }

  /** Sends when the stream is up; what is sent while it is down is lost, and said again by Hello. */
  send(message: Outgoing): void {
    if (!this.welcomed) return;
    if (this.blocked) this.waiting.push(message);
    else this.write(message);
  }

  /** Sends a copy of the journal that was asked for. Errors: those of the stream. */
  async sendReplica(parts: Iterable<ReplicaPart>): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    const method = executorService().FetchReplica;
    await new Promise<void>((resolve, reject) => {
      const answered = (error: Error | null): void => (error === null ? resolve() : reject(error));
      const stream = client.makeClientStreamRequest(method.path, method.requestSerialize, method.responseDeserialize, answered);
      // The call's own answer says more than a write that failed.
      pipeline(Readable.from(parts, { objectMode: true, highWaterMark: 2 }), stream as unknown as Writable).catch(() => undefined);
    });
  }

  get connected(): boolean {
    return this.welcomed;
  }

  /** Resolves once all that was sent has left. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.stream?.end();
    this.client?.close();
  }

  private write(message: Outgoing): void {
    if (this.stream === undefined) return;
    this.sent += 1;
    this.blocked = !this.stream.write({ ...message, seq: this.sent, ack: this.read });
  }

  private flush(): void {
    this.blocked = false;
    while (!this.blocked && this.waiting.length > 0) this.write(this.waiting.shift()!);
  }

  private receive(stream: ClientDuplexStream<FromExecutor, FromManager>, message: Incoming): void {
    if (stream !== this.stream || message.seq <= this.read) return;
    if (message.seq !== this.read + 1) {
      this.lose(stream, `message ${message.seq} came after ${this.read}`);
      return;
    }
    this.read = message.seq;
    failpoint('executor.client.received');
    if (message.refused) {
      const { code, message: sentence, retryAfterMs } = message.refused;
      if (retryAfterMs === 0) {
        this.close();
        this.events.refused(code, sentence);
      } else this.lose(stream, sentence, retryAfterMs);
      return;
    }
    if (message.welcome) {
      this.failures = 0;
      this.welcomed = true;
      failpoint('executor.client.welcomed');
      this.events.message(message);
      this.events.connected();
      return;
    }
    this.events.message(message);
  }

  private lose(stream: ClientDuplexStream<FromExecutor, FromManager>, why: string, afterMs?: number): void {
    if (stream !== this.stream || this.closed) return;
    this.stream = undefined;
    this.welcomed = false;
    stream.cancel();
    this.events.lost(why);
    if (this.failures === 0) this.lostAtMs = performance.now();
    const quick = performance.now() - this.lostAtMs < QUICK_FOR_MS;
    const ceiling = quick ? FIRST_RETRY_MS : Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.failures);
    this.failures = quick ? 1 : this.failures + 1;
    // A channel that failed keeps its own back-off of up to two minutes: a new one dials at once.
    this.client?.close();
    this.client = undefined;
    this.timer = setTimeout(() => this.connect(), afterMs ?? Math.random() * ceiling);
  }
}
