/**
 * Follows one topic of a manager's live feed over WebSocket, through lost
 * connections and restarts of the manager: resumes where it was, or takes a
 * fresh snapshot. The state is that of the shared reducer, never guessed.
 */
import { applyFeed, type ClientMessage, type ServerMessage, type TopicState } from '@tagmill/shared/feed/reducer';
import { isErrorCode, TagmillError } from '@tagmill/shared/errors';
import { WebSocket } from 'ws';
import { type ManagerApi, TRY_FOR_MS } from './api.ts';

const FIRST_PAUSE_MS = 200;
const MOST_PAUSE_MS = 2_000;
/** The manager says something every second; silence of this length is a dead line. */
const SILENCE_MS = 10_000;

export interface FollowOptions {
  readonly topic: string;
  /** Gets every new state; true ends the following. */
  readonly take: (state: TopicState) => boolean;
  /** The line is lost, or found again. */
  readonly link: (state: 'lost' | 'found', why: string) => void;
  readonly tryForMs?: number;
}

/** Resolves when `take` says that it is over. Errors: UNREACHABLE after 30 s without a word, those that the manager refuses with. */
export function followTopic(api: ManagerApi, options: FollowOptions): Promise<void> {
  return new Follower(api, options).run();
}

class Follower {
  readonly #api: ManagerApi;
  readonly #options: FollowOptions;
  #state: TopicState | undefined;
  #heardMs = performance.now();
  #pauseMs = FIRST_PAUSE_MS;
  #lost = false;

  constructor(api: ManagerApi, options: FollowOptions) {
    this.#api = api;
    this.#options = options;
  }

  async run(): Promise<void> {
    for (;;) {
      const end = await this.#connect();
      if (end === 'over') return;
      if (!this.#lost) this.#options.link('lost', end.why);
      this.#lost = true;
      const tryForMs = this.#options.tryForMs ?? TRY_FOR_MS;
      if (performance.now() - this.#heardMs > tryForMs) {
        throw new TagmillError(
          'UNREACHABLE',
          `the manager at ${this.#api.url} has been silent for ${Math.round(tryForMs / 1000)} s: ${end.why}; the run goes on there when it is back`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
      this.#pauseMs = Math.min(2 * this.#pauseMs, MOST_PAUSE_MS);
    }
  }

  #connect(): Promise<'over' | { readonly why: string }> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${this.#api.url.replace(/^http/, 'ws')}/ws`, {
        headers: this.#api.headers,
        handshakeTimeout: 5_000,
        maxPayload: 64 * 1024 * 1024,
      });
      let why = 'the connection was closed';
      const watch = setInterval(() => {
        if (performance.now() - this.#heardMs > SILENCE_MS) socket.terminate();
      }, 1_000);
      const subscribe = (fresh: boolean): void => {
        const { topic } = this.#options;
        const message: ClientMessage =
          fresh || this.#state === undefined
            ? { type: 'subscribe', topic }
            : { type: 'subscribe', topic, epoch: this.#state.epoch, seq: this.#state.seq };
        socket.send(JSON.stringify(message));
      };
      const finish = (end: () => void): void => {
        clearInterval(watch);
        socket.removeAllListeners('close');
        socket.on('error', () => undefined);
        socket.close();
        end();
      };
      socket.on('open', () => subscribe(false));
      socket.on('message', (data) => {
        try {
          if (this.#receive(JSON.parse(String(data)) as ServerMessage, subscribe)) finish(() => resolve('over'));
        } catch (error) {
          finish(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      });
      socket.on('error', (error) => {
        why = error.message === '' ? String((error as NodeJS.ErrnoException).code) : error.message;
      });
      socket.on('close', () => {
        clearInterval(watch);
        resolve({ why });
      });
    });
  }

  /** Whether the following is over. */
  #receive(message: ServerMessage, subscribe: (fresh: boolean) => void): boolean {
    this.#heardMs = performance.now();
    this.#pauseMs = FIRST_PAUSE_MS;
    if (message.type === 'refused') {
      const code = isErrorCode(message.code) ? message.code : 'INTERNAL';
      throw new TagmillError(code, `the manager at ${this.#api.url} refuses ${message.topic}: ${message.message}`);
    }
    if (message.type !== 'snapshot' && message.type !== 'delta' && message.type !== 'resumed') return false;
    if (message.topic !== this.#options.topic) return false;
    if (this.#lost) this.#options.link('found', message.type);
    this.#lost = false;
    if (message.type === 'resumed') return false;
    const applied = applyFeed(this.#state, message);
    if (applied.kind === 'gap') {
      this.#state = undefined;
      subscribe(true);
      return false;
    }
    this.#state = applied.state;
    return applied.kind === 'applied' && this.#options.take(applied.state);
  }
}
