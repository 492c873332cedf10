/**
 * A pretended run for looking at the page without a manager: 29 tasks that
 * progress by a given step of time, the same way every time, and take actions.
 * Pure: no clock, no socket.
 */
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import type { FeedRecord, FeedTables } from '@tagmill/shared/feed/reducer';
import type { ActionAnswer, ActionRequest, ExecutorRecord, RunRecord, ServiceRecord } from '@tagmill/shared/feed/views';
import { type Action, DOMAINS, type Domain, INSTANCE_STATES, type InstanceState } from '@tagmill/shared/words';
import { attemptsOf, instanceOf, shardsOf } from './fake-records.ts';
import { freshReport, recoveredFromCopy, recoveringReport } from './fake-recovery.ts';
import { makeTask, refusal, SHARDS, TAGS, type Task } from './fake-tasks.ts';
import { FakeTopics } from './fake-topics.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class FakeWorld {
  /** Names the process that numbers the deltas; see `restart`. */
  epoch: string;
  /** While it recovers it knows of nothing but itself. */
  service: ServiceRecord = {
    recovered: null,
    recovering: null,
    journal: { state: 'ok', sentence: null, sinceMs: null },
    snapshot: { seq: 48_219_000, atMs: 0, sizeBytes: 12_400_000 },
  };
  report: RecoveryReport;
  readonly runId: string;
  nowMs: number;
  readonly tasks: Task[];
  readonly topics = new FakeTopics(this);
  readonly #startMs: number;

  /** `more` adds tags beyond the 27, to see how large graphs look. */
  constructor(startMs: number, epoch = 'e1', more = 0) {
    this.epoch = epoch;
    this.nowMs = startMs;
    this.#startMs = startMs;
    this.service = { ...this.service, snapshot: { seq: 48_219_000, atMs: startMs - 190_000, sizeBytes: 12_400_000 } };
    this.report = freshReport(startMs);
    this.runId = 'run-20261120';
    const extra = Array.from({ length: more }, (_, at): readonly [string, Domain] => [`Tag ${at + 28}`, DOMAINS[at % 6]!]);
    const make = (task: Parameters<typeof makeTask>[2]): Task => makeTask(this.runId, startMs, task);
    const tags = [...TAGS, ...extra].map(([name, domain], at) =>
      make({ name, handler: 'tag', tagId: at + 1, domain, perSecond: 3 + ((at * 7) % 5) }),
    );
    const other = { tagId: null, domain: null } as const;
    this.tasks = [
      make({ ...other, name: 'plan', handler: 'plan', perSecond: 40 }),
      ...tags,
      make({ ...other, name: 'report', handler: 'report', perSecond: 60 }),
    ];
    const gate = tags.find((one) => one.name === 'Wealth top 1 %');
    if (gate !== undefined) gate.gate = 'manual';
  }

  /** Lets time pass. */
  step(ms: number): void {
    this.nowMs += ms;
    for (const task of this.tasks) this.#advance(task, ms);
  }

  #to(task: Task, state: InstanceState, text: string, who: string | null = null): void {
    task.state = state;
    task.stateSinceMs = this.nowMs;
    task.story.push({ atMs: this.nowMs, text, who });
    if (state === 'running') task.startedAtMs ??= this.nowMs;
    task.endedAtMs = ['succeeded', 'failed', 'skipped', 'stopped'].includes(state) ? this.nowMs : null;
  }

  #advance(task: Task, ms: number): void {
    const age = this.nowMs - task.stateSinceMs;
    if (task.state === 'registered' && this.#upstreamDone(task)) {
      task.reason = task.gate === 'manual' ? 'waits for a click' : 'waits for a free slot, behind 51 other shards';
      this.#to(task, 'pending', 'every upstream task is finished');
    } else if (task.state === 'pending' && task.gate === 'auto' && !task.held && age > 300 + ((task.tagId ?? 0) % 9) * 1500) {
      task.reason = null;
      this.#to(task, 'running', 'first shard leased to exec-01');
    } else if (task.state === 'running' && !task.held) {
      task.done = Math.min(SHARDS - task.failed, task.done + (task.perSecond * ms) / 1000);
      if (task.name === 'Promo responder' && task.done > 40 && !task.retried && task.failed === 0) task.failed = 6;
      if (task.done >= SHARDS - task.failed) this.#finish(task);
    } else if (task.state === 'confirming' && age > 600) this.#to(task, 'succeeded', 'confirmation is durable');
    else if (task.state === 'stopping' && age > 1500) {
      task.reason = 'stopped by operator';
      this.#to(task, 'stopped', 'stop confirmed, slots are free');
    }
  }

  #finish(task: Task): void {
    if (task.failed === 0) {
      this.#to(task, 'confirming', 'all shards are done');
      return;
    }
    task.reason = '6 of 64 shards failed 4 times: lock wait timeout on user_tags; free the lock, then retry';
    task.errorCode = 'DATABASE_UNAVAILABLE';
    this.#to(task, 'failed', 'retries are spent');
  }

  #upstreamDone(task: Task): boolean {
    const ok = (one: Task): boolean => one.state === 'succeeded' || one.state === 'skipped';
    if (task.handler === 'plan') return true;
    return task.handler === 'tag' ? ok(this.tasks[0]!) : this.tasks.every((one) => one.handler === 'report' || ok(one));
  }

  act(request: ActionRequest): ActionAnswer {
    const chosen = this.tasks.filter((one) => request.selection?.includes(one.id));
    const refused = chosen.filter((one) => refusal(one, request.action) !== null);
    const affected = chosen.filter((one) => !refused.includes(one));
    const next: Partial<Record<Action, InstanceState>> = {
      run: 'running',
      skip: 'skipped',
      stop: 'stopping',
      retry: 'running',
      rerun: 'pending',
      'mark-success': 'succeeded',
      rollback: 'stopped',
    };
    const answer: ActionAnswer = {
      action: request.action,
      dry_run: request.dry_run === true,
      preview_seq: affected.map((one) => `${one.id}:${one.state}`).join(),
      affected: affected.map((one) => ({
        id: one.id,
        name: one.name,
        from: one.state,
        to: next[request.action] ?? one.state,
        held: request.action === 'hold',
        why: 'chosen',
      })),
      refused: refused.map((one) => ({ id: one.id, name: one.name, sentence: refusal(one, request.action) ?? '' })),
      effect_on_target:
        request.action === 'rollback'
          ? 'what this task changed in user_tags is undone: 412 users leave the tag again, 97 enter it'
          : 'Rows of shards that are merged already stay; nothing else is written to user_tags.',
    };
    if (request.dry_run !== true) for (const task of affected) this.#do(task, request);
    return answer;
  }

  #do(task: Task, { action, reason }: ActionRequest): void {
    const text = `${action}${reason === undefined ? '' : `: ${reason}`}`;
    if (action === 'hold' || action === 'release') {
      task.held = action === 'hold';
      task.story.push({ atMs: this.nowMs, text, who: 'operator' });
      return;
    }
    if (action === 'retry') {
      task.failed = 0;
      task.retried = true;
      task.errorCode = null;
    }
    if (action === 'rerun') task.done = 0;
    if (action === 'run') task.gate = 'auto';
    task.reason = action === 'skip' ? 'as success' : null;
    const to = {
      run: 'running',
      skip: 'skipped',
      stop: 'stopping',
      retry: 'running',
      rerun: 'pending',
      'mark-success': 'succeeded',
      rollback: 'stopped',
    }[action] as InstanceState;
    this.#to(task, to, text, 'operator');
  }

  run(): RunRecord {
    const counts = Object.fromEntries(
      INSTANCE_STATES.map((state) => [state, this.tasks.filter((one) => one.state === state).length]),
    ) as Record<InstanceState, number>;
    const ended = this.tasks.at(-1)!.state === 'succeeded';
    return {
      id: this.runId,
      state: ended ? 'succeeded' : 'running',
      mode: 'task-all',
      businessDate: '2026-11-20',
      asOf: '2026-11-20',
      timeZone: 'UTC',
      createdAtMs: this.#startMs,
      startedAtMs: this.#startMs,
      endedAtMs: ended ? this.tasks.at(-1)!.endedAtMs : null,
      queuePlace: null,
      counts,
      held: this.tasks.filter((one) => one.held).length,
      message: null,
      who: 'operator',
    };
  }

  executors(): ExecutorRecord[] {
    const base = { version: '0.1.0', joinedAtMs: this.#startMs, memoryBytes: 1_420_000_000, loopLagMs: 2, shardsFailed: 0 };
    const running = this.tasks.filter((one) => one.state === 'running').length;
    return [1, 2, 3, 4].map((n) => {
      const one: Mutable<ExecutorRecord> = {
        ...base,
        id: `exec-0${n}`,
        name: `exec-0${n}`,
        state: 'connected',
        slots: 8,
        slotsUsed: Math.min(8, Math.max(0, running * 2 - (n - 1) * 4)),
        labels: { zone: 'abcd'[n - 1]!, memGiB: String(8 * n) },
        lastHeardAtMs: this.nowMs - n * 150,
        cpuPercent: 60 + n * 9,
        shardsDone: Math.floor(this.tasks.reduce((sum, task) => sum + task.done, 0) / (n + 1)),
      };
      if (n === 3) Object.assign(one, { state: 'draining', slotsUsed: Math.min(3, one.slotsUsed) });
      if (n === 4) Object.assign(one, { state: 'silent', lastHeardAtMs: this.#startMs, shardsFailed: 3 });
      return one;
    });
  }

  /** Another process of the manager with the same state: it numbers anew. It recovers until `recovered` is called. */
  restart(epoch: string): void {
    this.epoch = epoch;
    this.topics.clear();
    this.report = recoveringReport(this.nowMs);
    this.service = { ...this.service, recovered: null, recovering: { sinceMs: this.nowMs, sentence: this.report.sentence } };
  }

  recovered(): void {
    this.report = recoveredFromCopy(this.nowMs);
    const { term, sentence } = this.report;
    this.service = { ...this.service, recovering: null, recovered: { term, atMs: this.nowMs, outcome: 'copy', sentence } };
  }

  tables(topic: string): FeedTables | null {
    if (topic === 'service') return { service: { service: this.service as unknown as FeedRecord } };
    if (this.service.recovering !== null) return null;
    if (topic === 'runs') return { runs: asTable([this.run()]) };
    if (topic === `run/${this.runId}`)
      return { run: asTable([this.run()]), instances: asTable(this.tasks.map((one) => instanceOf(one))), edges: this.#edges() };
    if (topic === 'executors') return { executors: asTable(this.executors()), fleet: { fleet: this.#fleet() } };
    const task = topic.startsWith('instance/') ? this.tasks.find((one) => topic === `instance/${one.id}`) : undefined;
    if (task === undefined) return null;
    return {
      instance: asTable([instanceOf(task)]),
      shards: { shards: shardsOf(task) as unknown as FeedRecord },
      attempts: attemptsOf(task, this.nowMs),
      story: Object.fromEntries(task.story.map((line, at) => [String(at), line as unknown as FeedRecord])),
    };
  }

  #edges(): { readonly [id: string]: FeedRecord } {
    const tags = this.tasks.filter((one) => one.handler === 'tag');
    const [plan, report] = [this.tasks[0]!.id, this.tasks.at(-1)!.id];
    return Object.fromEntries(
      tags.flatMap(({ id }) => [
        [`${plan}>${id}`, { from: plan, to: id }],
        [`${id}>${report}`, { from: id, to: report }],
      ]),
    );
  }

  #fleet(): FeedRecord {
    const all = this.executors().filter((one) => one.state !== 'silent');
    const waiting = this.tasks.reduce((sum, one) => sum + (one.state === 'running' ? SHARDS - Math.floor(one.done) : 0), 0);
    return {
      slots: 8 * all.length,
      slotsUsed: all.reduce((sum, one) => sum + one.slotsUsed, 0),
      shardsWaiting: waiting,
      oldestWaitSinceMs: waiting > 0 ? this.#startMs : null,
      managerAddress: '127.0.0.1:7443',
    };
  }
}

function asTable(records: readonly { readonly id: string }[]): { readonly [id: string]: FeedRecord } {
  return Object.fromEntries(records.map((record) => [record.id, record as unknown as FeedRecord]));
}
