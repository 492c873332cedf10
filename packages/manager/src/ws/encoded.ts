/** A message, encoded once and sent to all. */
import type { ServerMessage } from '@tagmill/shared/feed/reducer';

export class Encoded {
  readonly type: ServerMessage['type'];
  readonly json: Buffer;
  /** Where a topic stands with this message, `topic:epoch:seq`; undefined for what stands for nothing. */
  readonly id: string | undefined;
  #event: Buffer | undefined;

  constructor(message: ServerMessage) {
    this.type = message.type;
    this.json = Buffer.from(JSON.stringify(message));
    this.id = 'seq' in message ? `${message.topic}:${message.epoch}:${message.seq}` : undefined;
  }

  /** As a server-sent event; made when the first event stream asks. */
  get event(): Buffer {
    this.#event ??= Buffer.concat([
      Buffer.from(this.id === undefined ? 'data: ' : `id: ${this.id}\ndata: `),
      this.json,
      Buffer.from('\n\n'),
    ]);
    return this.#event;
  }
}

/** Reads `topic:epoch:seq`; undefined for anything else. */
export function readPosition(id: string): { readonly topic: string; readonly epoch: string; readonly seq: number } | undefined {
  const found = /^(.+):([^:]+):(\d{1,15})$/.exec(id);
  return found === null ? undefined : { topic: found[1]!, epoch: found[2]!, seq: Number(found[3]) };
}
