/**
 * The page's end of the live feed: one socket, any number of topics, the shared
 * reducer. It reconnects by itself, goes on where it was, and never guesses over
 * a gap: it says so and takes a fresh snapshot. When another process of the
 * manager answers, which numbers anew, it takes fresh snapshots too; until they
 * are there, what is shown is of before, and the link does not count as live.
 *
 * Socket, clock, chance and timers come in as ports, so tests drive it by hand.
 */
import {
  applyFeed,
  type ClientMessage,
  type DeltaMessage,
  type ServerMessage,
  type SnapshotMessage,
  type TopicState,
} from '@tagmill/shared/feed/reducer';
import { createStore, type StoreApi } from 'zustand/vanilla';
import { LINK_AT_START, type LinkInfo } from './link.ts';

export interface SocketLike {
  send(text: string): void;
  close(): void;
  onMessage: (text: string) => void;
  onClose: () => void;
}

export interface FeedPorts {
  /** Opens a socket that is ready to send; rejects with `DENIED` when the manager wants a key. */
  open(): Promise<SocketLike>;
  nowMs(): number;
  /** At least 0, below 1. */
  random(): number;
  /** Calls back once after the delay; returns what cancels it. */
  later(delayMs: number, call: () => void): () => void;
}

export const DENIED = 'feed: the manager wants a key';

export interface TopicEntry {
  readonly state: TopicState | undefined;
  /** A gap was found and the fresh snapshot is on its way. */
  readonly gap: boolean;
  /** It was asked for again and the answer is on its way: what is shown is from before. */
  readonly waits: boolean;
  readonly refused: { readonly code: string; readonly message: string } | null;
}

export interface FeedState {
  readonly topics: { readonly [topic: string]: TopicEntry };
  readonly link: LinkInfo;
}

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;
/** `time` comes each second; longer silence than this means the connection is dead without saying so. */
const SILENCE_MS = 6_000;
const WATCH_EVERY_MS = 1_000;
const ASK_AGAIN_MS = 5_000;
/** A topic left and taken up again within this time keeps its subscription. */
const LINGER_MS = 300;
const EMPTY: TopicEntry = { state: undefined, gap: false, waits: false, refused: null };

export class FeedClient {
  readonly store: StoreApi<FeedState> = createStore<FeedState>(() => ({ topics: {}, link: LINK_AT_START }));
  readonly #ports: FeedPorts;
  readonly #users = new Map<string, number>();
  #socket: SocketLike | undefined;
  #opening = false;
  #stopped = false;
  #openedAtMs = 0;
  #askedAtMs = 0;
  #cancelRetry: (() => void) | undefined;
  #cancelWatch: (() => void) | undefined;

  constructor(ports: FeedPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#stopped = false;
    void this.#connect();
    this.#watch();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRetry?.();
    this.#cancelWatch?.();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  /** Tries at once, whatever the back-off says. */
  tryNow(): void {
    if (this.#socket !== undefined) return;
    this.#cancelRetry?.();
    void this.#connect();
  }

  /** Keeps a topic up to date until the returned function is called. */
  use(topic: string): () => void {
    const users = this.#users.get(topic) ?? 0;
    this.#users.set(topic, users + 1);
    if (users === 0 && this.#entry(topic) === undefined) {
      this.#setTopic(topic, EMPTY);
      this.#send({ type: 'subscribe', topic });
    }
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#users.set(topic, (this.#users.get(topic) ?? 1) - 1);
      this.#ports.later(LINGER_MS, () => this.#forget(topic));
    };
  }

  #forget(topic: string): void {
    if ((this.#users.get(topic) ?? 0) > 0 || this.#entry(topic) === undefined) return;
    this.#users.delete(topic);
    this.#send({ type: 'unsubscribe', topic });
    this.store.setState(({ topics }) => {
      const { [topic]: _gone, ...kept } = topics;
      return { topics: kept };
    });
    this.#settle();
  }

  async #connect(): Promise<void> {
    if (this.#opening || this.#stopped || this.#socket !== undefined) return;
    this.#opening = true;
    this.#cancelRetry = undefined;
    try {
      const socket = await this.#ports.open();
      this.#opening = false;
      if (this.#stopped) socket.close();
      else this.#opened(socket);
    } catch (error) {
      this.#opening = false;
      if (error instanceof Error && error.message === DENIED) this.#setLink({ status: 'denied', nextTryAtMs: null });
      else this.#retryLater();
    }
  }

  #opened(socket: SocketLike): void {
    this.#socket = socket;
    socket.onMessage = (text) => this.#receive(text);
    socket.onClose = () => this.#closed(socket);
    const { topics } = this.store.getState();
    const asked = Object.entries(topics).map(([topic, { state }]): [string, TopicEntry] => [
      topic,
      { state, gap: false, waits: state !== undefined, refused: null },
    ]);
    // In one step: at no moment may what is from before look like what is now.
    this.store.setState(({ link }) => ({
      topics: Object.fromEntries(asked),
      link: {
        ...link,
        catchesUp: asked.some(([, entry]) => entry.waits),
        tries: 0,
        nextTryAtMs: null,
        offsetMs: null,
        delayMs: 0,
      },
    }));
    for (const [topic, entry] of asked) this.#ask(topic, entry);
    this.#askedAtMs = this.#ports.nowMs();
    this.#openedAtMs = this.#askedAtMs;
  }

  #ask(topic: string, { state }: TopicEntry): void {
    this.#send(state === undefined ? { type: 'subscribe', topic } : { type: 'subscribe', topic, epoch: state.epoch, seq: state.seq });
  }

  /** An answer that does not come must not leave the page in the past for ever; a manager that recovers takes its time. */
  #askAgain(): void {
    const nowMs = this.#ports.nowMs();
    if (!this.store.getState().link.catchesUp || nowMs - this.#askedAtMs < ASK_AGAIN_MS) return;
    this.#askedAtMs = nowMs;
    for (const [topic, entry] of Object.entries(this.store.getState().topics)) if (entry.waits) this.#ask(topic, entry);
  }

  /** The page has caught up once nothing on the screen is from before the link was lost. */
  #settle(): void {
    const { topics, link } = this.store.getState();
    const catchesUp = Object.values(topics).some((entry) => entry.waits);
    if (link.catchesUp !== catchesUp) this.#setLink({ catchesUp });
  }

  #closed(socket: SocketLike): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    if (!this.#stopped) this.#retryLater();
  }

  #retryLater(): void {
    if (this.#stopped) return;
    const { tries, lastHeardAtMs } = this.store.getState().link;
    const capMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(tries, 10));
    const delayMs = Math.round(this.#ports.random() * capMs);
    const status = lastHeardAtMs === null ? 'connecting' : 'reconnecting';
    this.#setLink({ status, tries: tries + 1, nextTryAtMs: this.#ports.nowMs() + delayMs });
    this.#cancelRetry = this.#ports.later(delayMs, () => void this.#connect());
  }

  /** A socket may die without a word; silence is the only sign of it. */
  #watch(): void {
    this.#cancelWatch = this.#ports.later(WATCH_EVERY_MS, () => {
      const quietSinceMs = Math.max(this.#openedAtMs, this.store.getState().link.lastHeardAtMs ?? 0);
      const socket = this.#socket;
      if (socket !== undefined && this.#ports.nowMs() - quietSinceMs > SILENCE_MS) {
        socket.close();
        this.#closed(socket);
      } else if (socket !== undefined) this.#askAgain();
      if (!this.#stopped) this.#watch();
    });
  }

  #receive(text: string): void {
    const message = JSON.parse(text) as ServerMessage;
    // A socket that opens proves little: a hung process has those too.
    if (this.store.getState().link.status !== 'live') this.#setLink({ status: 'live', lastHeardAtMs: this.#ports.nowMs() });
    if (message.type === 'time') this.#heard(message.atMs);
    else if (message.type === 'delta') {
      this.#heard(message.atMs);
      this.#apply(message);
    } else {
      this.#heard(null);
      if (message.type === 'snapshot') this.#apply(message);
      if (message.type === 'resumed') this.#resumed(message.topic);
      if (message.type === 'refused') this.#refused(message);
      this.#settle();
    }
  }

  #refused(message: Extract<ServerMessage, { type: 'refused' }>): void {
    const entry = this.#entry(message.topic);
    if (entry !== undefined)
      this.#setTopic(message.topic, { ...entry, waits: false, refused: { code: message.code, message: message.message } });
  }

  #resumed(topic: string): void {
    const entry = this.#entry(topic);
    if (entry?.waits === true) this.#setTopic(topic, { ...entry, waits: false });
  }

  #apply(message: SnapshotMessage | DeltaMessage): void {
    const entry = this.#entry(message.topic);
    if (entry === undefined) return;
    if (entry.gap && message.type === 'delta') return;
    const applied = applyFeed(entry.state, message);
    if (applied.kind === 'applied') {
      // What was missed is not told one by one any more: the whole state came instead.
      if (entry.waits && !entry.gap && message.type === 'snapshot') this.#setLink({ resyncedAtMs: this.#ports.nowMs() });
      this.#setTopic(message.topic, { state: applied.state, gap: false, waits: false, refused: null });
    }
    if (applied.kind !== 'gap') return;
    this.#setTopic(message.topic, { ...entry, gap: true, waits: entry.state !== undefined });
    this.#setLink({ gapAtMs: this.#ports.nowMs() });
    this.#settle();
    this.#send({ type: 'subscribe', topic: message.topic });
  }

  #heard(managerAtMs: number | null): void {
    const nowMs = this.#ports.nowMs();
    if (managerAtMs === null) {
      this.#setLink({ lastHeardAtMs: nowMs });
      return;
    }
    const { offsetMs, managerAtMs: before } = this.store.getState().link;
    const seenMs = nowMs - managerAtMs;
    // The fastest message so far is the best estimate of how the two clocks differ.
    const bestMs = offsetMs === null ? seenMs : Math.min(offsetMs, seenMs);
    // The first word on a connection may come from another machine, whose clock may be behind.
    const newestMs = offsetMs === null ? managerAtMs : Math.max(before ?? 0, managerAtMs);
    this.#setLink({ lastHeardAtMs: nowMs, offsetMs: bestMs, delayMs: seenMs - bestMs, managerAtMs: newestMs });
  }

  #entry(topic: string): TopicEntry | undefined {
    return this.store.getState().topics[topic];
  }

  #setTopic(topic: string, entry: TopicEntry): void {
    this.store.setState(({ topics }) => ({ topics: { ...topics, [topic]: entry } }));
  }

  #setLink(part: Partial<LinkInfo>): void {
    this.store.setState(({ link }) => ({ link: { ...link, ...part } }));
  }

  #send(message: ClientMessage): void {
    this.#socket?.send(JSON.stringify(message));
  }
}
