/** Copies of the journal on their way in: the calls of FetchReplica, each let in by the ticket that was asked with. */
import { randomUUID } from 'node:crypto';
import { type ServerReadableStream, type sendUnaryData, status } from '@grpc/grpc-js';
import type { ReplicaFrame__Output } from '@tagmill/shared/gen/tagmill/v1/ReplicaFrame';
import type { ReplicaPart__Output } from '@tagmill/shared/gen/tagmill/v1/ReplicaPart';
import type { ReplicaReceived } from '@tagmill/shared/gen/tagmill/v1/ReplicaReceived';
import { TagmillError } from '@tagmill/shared/errors';

type Call = ServerReadableStream<ReplicaPart__Output, ReplicaReceived>;
type Answer = sendUnaryData<ReplicaReceived>;

interface Arrived {
  readonly call: Call;
  readonly parts: AsyncIterator<ReplicaPart__Output>;
  readonly answer: Answer;
}

export class ReplicaIn {
  private readonly waiting = new Map<string, (arrived: Arrived) => void>();

  /** The method of the service. */
  readonly receive = (call: Call, answer: Answer): void => {
    this.greet(call, answer).catch((error: unknown) => refuse(answer, status.INVALID_ARGUMENT, String(error)));
  };

  /**
   * The frames of the call that comes with a ticket, which `ask` sends. Errors:
   * UNREACHABLE when nothing comes for `silenceMs`, or the stream breaks. Leaving
   * the loop early ends the call.
   */
  async *frames(ask: (ticket: string) => void, silenceMs: number): AsyncGenerator<ReplicaFrame__Output> {
    const ticket = randomUUID();
    const arrived = new Promise<Arrived>((resolve) => this.waiting.set(ticket, resolve));
    let open: Arrived | undefined;
    try {
      ask(ticket);
      open = await inTime(arrived, silenceMs);
      for (;;) {
        const next = await inTime(open.parts.next(), silenceMs);
        if (next.done === true) break;
        yield* next.value.frames;
      }
      open.answer(null, {});
      open = undefined;
    } finally {
      this.waiting.delete(ticket);
      if (open !== undefined) {
        refuse(open.answer, status.RESOURCE_EXHAUSTED, 'the manager takes no more of this copy');
        open.call.destroy();
      }
    }
  }

  private async greet(call: Call, answer: Answer): Promise<void> {
    const parts: AsyncIterator<ReplicaPart__Output> = call[Symbol.asyncIterator]();
    const first = await parts.next();
    const ticket = first.done === true ? '' : first.value.ticket;
    const take = this.waiting.get(ticket);
    if (take === undefined) {
      refuse(answer, status.UNAUTHENTICATED, 'nobody has asked for this copy');
      call.destroy();
      return;
    }
    this.waiting.delete(ticket);
    take({ call, parts, answer });
  }
}

const refuse = (answer: Answer, code: status, details: string): void => answer({ code, details }, null);

async function inTime<T>(promise: Promise<T>, silenceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TagmillError('UNREACHABLE', `nothing of it came for ${silenceMs / 1000} s`)), silenceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } catch (error) {
    if (error instanceof TagmillError) throw error;
    throw new TagmillError('UNREACHABLE', `it broke off: ${error instanceof Error ? error.message : String(error)}`, {}, error);
  } finally {
    clearTimeout(timer);
  }
}
