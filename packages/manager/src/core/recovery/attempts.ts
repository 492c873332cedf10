/** What became of the attempts that were under way when the journal ended: for the report of the start. */
import { DONE, FAILED, type FanOut, LEASED, UNSURE } from '../fan-out.ts';
import type { Pass } from '../pass.ts';
import type { Run } from '../run.ts';
import type { ManagerState } from '../state.ts';

export type AttemptEnd = 'kept' | 'accepted' | 'redone';

export interface WatchedAttempt {
  readonly runId: string;
  readonly task: string;
  readonly shard: number;
  readonly outcome: AttemptEnd;
}

interface Waiting {
  readonly run: Run;
  readonly pass: Pass;
  readonly fanOut: FanOut;
  readonly shard: number;
  readonly token: number;
  readonly executor: number;
  /** The target is, or was, asked what became of it. */
  asked: boolean;
}

const MOST_EXAMPLES = 20;

export class AttemptWatch {
  readonly running: number;
  kept = 0;
  accepted = 0;
  redone = 0;
  /** Those done again first. */
  private readonly found: Record<AttemptEnd, WatchedAttempt[]> = { redone: [], accepted: [], kept: [] };
  private waiting: Waiting[] = [];

  /** Takes the state as it was replayed, before anything new happened. */
  constructor(state: ManagerState) {
    for (const { run, pass, fanOut } of state.open.values()) {
      if (fanOut.leased + fanOut.unsure === 0) continue;
      for (let shard = 0; shard < fanOut.count; shard++) {
        const now = fanOut.state[shard];
        if (now !== LEASED && now !== UNSURE) continue;
        const [token, executor] = [fanOut.token[shard]!, fanOut.executor[shard]!];
        this.waiting.push({ run, pass, fanOut, shard, token, executor, asked: now === UNSURE });
      }
    }
    this.running = this.waiting.length;
  }

  get over(): boolean {
    return this.waiting.length === 0;
  }

  /** Shards of which the target is being asked. */
  get asking(): number {
    return this.waiting.filter((one) => one.asked).length;
  }

  get examples(): readonly WatchedAttempt[] {
    const { redone, accepted, kept } = this.found;
    return [...redone, ...accepted, ...kept].slice(0, MOST_EXAMPLES);
  }

  /** Executors by number whose word on what they hold is still missing. */
  get executors(): ReadonlySet<number> {
    return new Set(this.waiting.filter((one) => !one.asked).map((one) => one.executor - 1));
  }

  /** Looks what has become of those that were still open. `back`: numbers of executors that have joined since the start. */
  look(back: ReadonlySet<number>): void {
    this.waiting = this.waiting.filter((one) => {
      const end = endOf(one, back);
      if (end !== undefined) this.count(one, end);
      return end === undefined;
    });
  }

  private count({ run, pass, shard }: Waiting, outcome: AttemptEnd): void {
    this[outcome] += 1;
    const examples = this.found[outcome];
    if (examples.length >= MOST_EXAMPLES) return;
    const row = pass.rows[0];
    examples.push({ runId: run.id, task: row === undefined ? '' : run.task(row).name, shard, outcome });
  }
}

function endOf(one: Waiting, back: ReadonlySet<number>): AttemptEnd | undefined {
  const { fanOut, shard, token } = one;
  const now = fanOut.state[shard];
  if (now === UNSURE) {
    one.asked = true;
    return undefined;
  }
  // The question itself goes under a higher token.
  if (one.asked) return now === DONE ? 'accepted' : 'redone';
  if (!fanOut.retired && fanOut.token[shard] !== token) return 'redone';
  if (now === DONE || now === FAILED) return 'kept';
  if (now === LEASED) return back.has(one.executor - 1) ? 'kept' : undefined;
  return 'redone';
}
