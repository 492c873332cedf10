/**
 * Embedded mode: rows that executors stream in, put together into batches and
 * merged into the manager's own SQLite store, batch by batch. The answer after
 * each batch is what lets the executor send the next.
 */
import { toTagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import { LIMITS } from '@tagmill/shared/limits';
import type { Rows__Output } from '@tagmill/shared/gen/tagmill/v1/Rows';
import type { MergeCommand, MergeResult, PassJob, RowsCommand } from '@tagmill/shared/job';
import type { MergeBatch } from '@tagmill/shared/merge/batch';
import type { TagSink } from '@tagmill/shared/merge/sink';
import { batchFromBytes } from '@tagmill/shared/merge/batch-bytes';

export interface RowsAnswer {
  readonly request: number;
  readonly batches: number;
  readonly done: boolean;
  readonly failed: boolean;
  readonly resultJson: string;
}

class Incoming {
  private readonly queue: MergeBatch[] = [];
  private ended = false;
  private wake: (() => void) | undefined;
  parts: Uint8Array[] = [];
  partBytes = 0;
  readonly abort = new AbortController();
  /** Batches given to the sink, and those of them that it has merged. */
  given = 0;
  merged = 0;

  add(part: Uint8Array): void {
    this.partBytes += part.length;
    if (this.partBytes > LIMITS.rowsBatchBytes) throw new RangeError(`a batch has more than ${LIMITS.rowsBatchBytes} bytes`);
    this.parts.push(part);
  }

  push(batch: MergeBatch | undefined, last: boolean): void {
    if (batch !== undefined) this.queue.push(batch);
    if (this.queue.length > LIMITS.rowsBatchesAhead) throw new RangeError(`more than ${LIMITS.rowsBatchesAhead} batches wait to be merged`);
    this.ended ||= last;
    this.wake?.();
  }

  /** A sink asks for the next batch before it merges the one that it has: then all before that one are merged. */
  async *batches(merged: (count: number) => void): AsyncGenerator<MergeBatch> {
    for (;;) {
      const next = this.queue.shift();
      if (next !== undefined) {
        this.given += 1;
        yield next;
        this.merged = this.given - 1;
        if (this.merged > 0) merged(this.merged);
      } else if (this.ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
          this.abort.signal.addEventListener('abort', () => resolve(), { once: true });
        });
        this.abort.signal.throwIfAborted();
      }
    }
  }
}

/** Throws RangeError or SyntaxError when it is no command of ours. */
function readCommand(json: string): RowsCommand {
  const command = JSON.parse(json) as Partial<RowsCommand> | null;
  const own = command !== null && 'rollback' in command ? [command.pass, ...(command.tags ?? [Number.NaN])] : [...mergeNumbers(command)];
  const numbers = [command?.shard, command?.term, command?.token, ...own];
  if (!numbers.every((one) => Number.isSafeInteger(one))) throw new RangeError('its command is of another form');
  return command as RowsCommand;
}

function mergeNumbers(command: Partial<MergeCommand> | null): number[] {
  return typeof command?.pieceHash === 'string' ? [...(command.scope ?? [Number.NaN])] : [Number.NaN];
}

export class RowsIn {
  private readonly sink: TagSink;
  private readonly jobOf: (runId: string, pass: number) => PassJob | undefined;
  private readonly open = new Map<string, Map<number, Incoming>>();

  constructor(sink: TagSink, jobOf: (runId: string, pass: number) => PassJob | undefined) {
    this.sink = sink;
    this.jobOf = jobOf;
  }

  /** Takes a part; a batch that cannot be read ends its merge as failed. */
  receive(executor: string, rows: Rows__Output, answer: (answer: RowsAnswer) => void): void {
    try {
      this.take(executor, rows, answer);
    } catch (error) {
      const incoming = this.open.get(executor)?.get(rows.request);
      this.open.get(executor)?.delete(rows.request);
      incoming?.abort.abort(error);
      const result = { code: 'INTERNAL', message: `the rows of the executor cannot be read: ${toTagmillError(error).message}` };
      answer({ request: rows.request, batches: incoming?.merged ?? 0, done: true, failed: true, resultJson: JSON.stringify(result) });
    }
  }

  private take(executor: string, rows: Rows__Output, answer: (answer: RowsAnswer) => void): void {
    let requests = this.open.get(executor);
    if (requests === undefined) {
      requests = new Map();
      this.open.set(executor, requests);
    }
    let incoming = requests.get(rows.request);
    if (rows.commandJson !== '') {
      incoming?.abort.abort();
      incoming = new Incoming();
      requests.set(rows.request, incoming);
      this.merge(executor, rows, incoming, answer);
    }
    if (incoming === undefined) return;
    incoming.add(rows.data as Uint8Array);
    if (!rows.lastPart) return;
    const bytes = Buffer.concat(incoming.parts);
    incoming.parts = [];
    incoming.partBytes = 0;
    failpoint('manager.rows.taken');
    incoming.push(rows.users === 0 ? undefined : batchFromBytes(bytes, rows.users, rows.words), rows.lastBatch);
  }

  /** The executor's stream is gone: what it was sending is given up; it sends again under the same token. */
  close(executor: string): void {
    for (const incoming of this.open.get(executor)?.values() ?? []) incoming.abort.abort(new Error('the executor’s stream was lost'));
    this.open.delete(executor);
  }

  private carryOut(job: PassJob, command: RowsCommand, batches: AsyncIterable<MergeBatch>, signal: AbortSignal): Promise<MergeResult> {
    if ('rollback' in command) return this.sink.rollback(job, command, signal);
    return this.sink.merge(job, command, batches, signal);
  }

  private merge(executor: string, rows: Rows__Output, incoming: Incoming, answer: (answer: RowsAnswer) => void): void {
    const { request } = rows;
    const end = (failed: boolean, result: object) => {
      if (this.open.get(executor)?.get(request) === incoming) this.open.get(executor)?.delete(request);
      answer({ request, batches: incoming.merged, done: true, failed, resultJson: JSON.stringify(result) });
    };
    const job = this.jobOf(rows.runId, rows.pass);
    if (job === undefined) {
      end(true, { code: 'NOT_FOUND', message: `run ${rows.runId} pass ${rows.pass} is over` });
      return;
    }
    const command = readCommand(rows.commandJson);
    const batches = incoming.batches((count) => answer({ request, batches: count, done: false, failed: false, resultJson: '' }));
    this.carryOut(job, command, batches, incoming.abort.signal).then(
      (result) => {
        failpoint('manager.rows.merged');
        incoming.merged = incoming.given;
        end(false, result);
      },
      (error: unknown) => {
        if (incoming.abort.signal.aborted) return;
        const { code, message } = toTagmillError(error);
        end(true, { code, message });
      },
    );
  }
}
