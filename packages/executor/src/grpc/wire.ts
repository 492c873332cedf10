/** The only file of the executor that knows proto messages. */
import type { FromExecutor } from '@tagmill/shared/gen/tagmill/v1/FromExecutor';
import type { FromManager__Output } from '@tagmill/shared/gen/tagmill/v1/FromManager';
import type { Dispatch__Output } from '@tagmill/shared/gen/tagmill/v1/Dispatch';
import type { Attempt, DispatchOrder, FanOutWork } from '../core/attempts.ts';

export type Incoming = FromManager__Output;
export type Outgoing = Omit<FromExecutor, 'seq' | 'ack' | 'message'>;

export const orderFrom = (dispatch: Dispatch__Output): DispatchOrder => ({
  runId: dispatch.runId,
  pass: dispatch.pass,
  step: dispatch.step,
  fanOut: dispatch.fanOut,
  firstToken: dispatch.firstToken,
  shards: dispatch.shards,
  attempts: dispatch.attempts,
  scope: dispatch.scope,
  pieceHashes: dispatch.pieceHashes,
  term: dispatch.term,
});

/** Results in messages that stay under the size limit. */
export function* resultsOf(work: FanOutWork, attempts: readonly Attempt[], maxDetailBytes = 128 * 1024): Generator<Outgoing> {
  let from = 0;
  while (from < attempts.length) {
    let to = from;
    for (let bytes = 0; to < attempts.length && to - from < 4_096; to++) {
      bytes += attempts[to]!.detail.length * 3;
      if (bytes > maxDetailBytes && to > from) break;
    }
    yield message(work, attempts.slice(from, to));
    from = to;
  }
}

function message(work: FanOutWork, attempts: readonly Attempt[]): Outgoing {
  return {
    results: {
      fanOut: work.fanOut,
      shards: attempts.map((attempt) => attempt.shard),
      tokens: attempts.map((attempt) => attempt.token),
      status: Buffer.from(attempts.map((attempt) => attempt.status)),
      details: attempts.some((attempt) => attempt.detail !== '') ? attempts.map((attempt) => attempt.detail) : [],
    },
  };
}
