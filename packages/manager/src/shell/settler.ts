/**
 * Carries out `settle`: asks the target what became of shards whose executor
 * is gone, and asks again until it answers. The question fences off whoever
 * might still write, so its answer stays true.
 */
import { toTagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import { pause } from '@tagmill/shared/merge/pause';
import type { Logger } from 'pino';
import type { Effect } from '../core/effects.ts';
import type { Input } from '../core/events.ts';
import type { ShardLedger } from '../tagstore/ledger.ts';

type Settle = Extract<Effect, { type: 'settle' }>;

const FIRST_WAIT_MS = 200;
const MOST_WAIT_MS = 5_000;

export class Settler {
  private readonly ledger: ShardLedger;
  private readonly push: (input: Input) => void;
  private readonly log: Logger;
  private readonly closing = new AbortController();
  private readonly underWay = new Set<Promise<void>>();

  constructor(ledger: ShardLedger, push: (input: Input) => void, log: Logger) {
    this.ledger = ledger;
    this.push = push;
    this.log = log;
  }

  act(effect: Settle, term: number): void {
    const work = this.ask(effect, term);
    this.underWay.add(work);
    work.then(
      () => this.underWay.delete(work),
      () => this.underWay.delete(work),
    );
  }

  /** Asks no more; what is under way has ended when it resolves. */
  async close(): Promise<void> {
    this.closing.abort();
    await Promise.allSettled(this.underWay);
  }

  private async ask(effect: Settle, term: number): Promise<void> {
    const { runId, pass, shards, token, scope, pieceHashes, fanOut } = effect;
    for (let tries = 0; !this.closing.signal.aborted; tries += 1) {
      try {
        failpoint('manager.settle.asking');
        const results = await this.ledger.settle({ runId, pass, shards, term, token, scope, pieceHashes });
        if (this.closing.signal.aborted) return;
        failpoint('manager.settle.answered');
        const found = results.filter((one) => one !== null).length;
        this.log.info({ run: runId, pass, shards: shards.length, found }, 'the target was asked what became of shards without an executor');
        this.push({ type: 'settled', fanOut, token, shards, results: results.map((one) => (one === null ? null : JSON.stringify(one))) });
        return;
      } catch (error) {
        const { code, message } = toTagmillError(error);
        this.log.warn({ run: runId, pass, code }, `the target cannot be asked what became of ${shards.length} shards: ${message}`);
      }
      try {
        await pause(Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries), this.closing.signal);
      } catch {
        // Only the end of the manager cuts the pause short.
        return;
      }
    }
  }
}
