/** A manager in memory for tests of its mouths: topics are tables that the test writes. */
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import type { RunReport } from '@tagmill/shared/api/report';
import type { WhyAnswer } from '@tagmill/shared/api/why';
import { TagmillError } from '@tagmill/shared/errors';
import type { FeedRecord, FeedTables } from '@tagmill/shared/feed/reducer';
import type { ActionAnswer, ActionRequest, ExecutorRecord, InstanceRecord, RunRecord } from '@tagmill/shared/feed/views';
import { instanceId, uuidv7 } from '@tagmill/shared/ids';
import { ACTIONS, INSTANCE_STATES } from '@tagmill/shared/words';
import type { AvailableTag, ManagerPort, RunRequest } from '../../src/port.ts';
import type { BoardPort } from '../../src/port-board.ts';
import type { ListsPort } from '../../src/port-lists.ts';
import type { RulesPort } from '../../src/port-rules.ts';
import type { TagsPort } from '../../src/port-tags.ts';

type Tables = Record<string, Record<string, FeedRecord>>;
interface Change {
  set: Tables;
  drop: Record<string, string[]>;
}

export class MemoryPort implements ManagerPort {
  readonly topics = new Map<string, Tables>();
  readonly requests: RunRequest[] = [];
  readonly acted: { readonly runId: string; readonly request: ActionRequest; readonly who: string }[] = [];
  readonly reports = new Map<string, RunReport>();
  readonly askedFor: ReadonlySet<string>[] = [];
  healthy = true;
  snapshots = 0;
  failChanges = false;
  readonly whys = new Map<string, WhyAnswer>();
  recoveryReport: RecoveryReport = aRecovery();
  /** Tests of rules give theirs. */
  rules: RulesPort = NO_RULES;
  tags: TagsPort = { policies: notThere, setPolicy: notThere, overrides: notThere, setOverride: notThere };
  board: BoardPort = { overview: notThere, ofUser: notThere, inbox: notThere };
  lists: ListsPort = { all: notThere, get: notThere, put: notThere, drop: notThere };
  readonly now = () => Date.now();
  readonly #pending = new Map<string, Change>();
  readonly #listeners = new Set<(urgent: boolean) => void>();
  /** What has changed without a word, as heartbeats do: shows when a topic is read the next time. */
  readonly untold: { readonly table: string; readonly id: string; readonly fields: FeedRecord }[] = [];
  #made = 0;

  constructor() {
    this.topics.set('runs', { runs: {} });
    this.topics.set('executors', { executors: { e1: record(anExecutor('e1')) }, fleet: {} });
  }

  /** Sets fields of a record and tells the feed. */
  set(topic: string, table: string, id: string, fields: FeedRecord, urgent = false): void {
    this.setMany(topic, table, { [id]: fields }, urgent);
  }

  setMany(topic: string, table: string, records: Record<string, FeedRecord>, urgent = false): void {
    const tables = this.topics.get(topic) ?? {};
    this.topics.set(topic, tables);
    const held = tableOf(tables, table);
    const change = this.#change(topic);
    const changed = tableOf(change.set, table);
    // A reader sets first and drops then: what came back is not dropped.
    change.drop[table] = (change.drop[table] ?? []).filter((id) => records[id] === undefined);
    for (const [id, fields] of Object.entries(records)) {
      held[id] = { ...held[id], ...fields };
      changed[id] = { ...changed[id], ...fields };
    }
    this.#tell(urgent);
  }

  drop(topic: string, table: string, id: string): void {
    delete this.topics.get(topic)?.[table]?.[id];
    const change = this.#change(topic);
    delete change.set[table]?.[id];
    change.drop[table] = [...(change.drop[table] ?? []), id];
    this.#tell(false);
  }

  vanish(runId: string): void {
    this.topics.delete(`run/${runId}`);
    delete this.topics.get('runs')!['runs']![runId];
  }

  async createRun(request: RunRequest): Promise<string> {
    this.requests.push(request);
    if (request.tagIds?.includes(404) === true)
      throw new TagmillError('TAG_NOT_FOUND', 'Tag 404 does not exist; tagmill list-tasks shows those there are.', { tag_id: 404 });
    if (request.tagIds?.includes(429) === true) throw new TagmillError('RATE_LIMITED', '1000 runs wait already; try again later.');
    if (request.tagIds?.includes(500) === true) throw new TypeError('secret of /home/somebody/file.ts');
    const atMs = 1_700_000_000_000 + this.#made * 1_000;
    const id = uuidv7(atMs, new Uint8Array(10).fill(++this.#made % 256));
    const run = aRun(id, atMs, request);
    this.set('runs', 'runs', id, record(run), true);
    const instances = ['plan', ...(request.tagIds ?? [1]).map((tag) => `tag-${tag}`), 'report'].map((name) => anInstance(id, name));
    this.topics.set(`run/${id}`, {
      run: { [id]: record(run) },
      instances: Object.fromEntries(instances.map((one) => [one.id, record(one)])),
      edges: { a: { from: instanceId(id, 'plan'), to: instanceId(id, 'report') } },
    });
    this.reports.set(id, aReport(id));
    return id;
  }

  /** Ends a run, in the state given. */
  end(runId: string, state: RunRecord['state']): void {
    this.set('runs', 'runs', runId, { state, startedAtMs: 1_700_000_005_000, endedAtMs: 1_700_000_135_000 });
  }

  listRuns(): RunRecord[] {
    return Object.values(this.topics.get('runs')!['runs']!) as unknown as RunRecord[];
  }

  getRun(runId: string): RunRecord | undefined {
    return this.topics.get('runs')!['runs']![runId] as unknown as RunRecord | undefined;
  }

  getGraph(runId: string): ReturnType<ManagerPort['getGraph']> {
    const tables = this.topics.get(`run/${runId}`);
    if (tables === undefined) return undefined;
    return {
      instances: Object.values(tables['instances'] ?? {}) as unknown as InstanceRecord[],
      edges: Object.values(tables['edges'] ?? {}) as unknown as { from: string; to: string }[],
    };
  }

  why(runId: string, name: string): WhyAnswer | undefined {
    return this.whys.get(instanceId(runId, name));
  }

  getReport(runId: string): RunReport | undefined {
    return this.reports.get(runId);
  }

  async act(runId: string, request: ActionRequest, who: string): Promise<ActionAnswer> {
    this.acted.push({ runId, request, who });
    if (request.preview_seq === 'old')
      throw new TagmillError('PREVIEW_STALE', 'The affected tasks changed; look at the new preview.', { preview_seq: 'p2' });
    const id = request.selection?.[0] ?? instanceId(runId, 'plan');
    return {
      action: request.action,
      dry_run: request.dry_run ?? false,
      preview_seq: 'p1',
      affected: [{ id, name: 'plan', from: 'pending', to: 'skipped', held: false, why: 'asked for' }],
      refused: [],
      effect_on_target: 'Nothing is written.',
    };
  }

  listExecutors(): ExecutorRecord[] {
    return Object.values(this.topics.get('executors')!['executors']!) as unknown as ExecutorRecord[];
  }

  drainExecutor(id: string): boolean {
    if (this.topics.get('executors')!['executors']![id] === undefined) return false;
    this.set('executors', 'executors', id, { state: 'draining' }, true);
    return true;
  }

  async availableTags(): Promise<AvailableTag[]> {
    return [
      {
        tagId: 1,
        name: '高净值用户',
        category: '财富管理',
        domain: 'wealth',
        description: 'rich',
        isActive: true,
        task: 'tasks/wealth/high-net-worth.ts',
      },
    ];
  }

  async health() {
    return { ok: this.healthy, checks: { database: this.healthy ? 'ok' : 'does not answer' } };
  }

  ready() {
    return { ok: this.healthy, why: this.healthy ? 'ready' : 'the database does not answer' };
  }

  recovery(): RecoveryReport {
    return this.recoveryReport;
  }

  recovering(): boolean {
    return this.recoveryReport.outcome === 'recovering';
  }

  snapshot(topic: string): FeedTables | undefined {
    this.snapshots++;
    // A state that is read is what was sent before: what is still pending would be lost to the followers.
    this.#pending.delete(topic);
    this.#bringToLight(topic);
    const tables = this.topics.get(topic);
    return tables === undefined ? undefined : structuredClone(tables);
  }

  changes(wanted: ReadonlySet<string>): Map<string, Change> {
    this.askedFor.push(wanted);
    if (this.failChanges) {
      this.failChanges = false;
      throw new Error('changes broke');
    }
    const found = new Map([...this.#pending].filter(([topic]) => wanted.has(topic)));
    this.#pending.clear();
    return found;
  }

  onChange(callback: (urgent: boolean) => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  /** What nobody was told yet shows when the topic is read, and comes with the next changes. */
  #bringToLight(topic: string): void {
    for (const { table, id, fields } of this.untold.splice(0)) this.set(topic, table, id, fields);
  }

  #change(topic: string): Change {
    const known = this.#pending.get(topic) ?? { set: {}, drop: {} };
    this.#pending.set(topic, known);
    return known;
  }

  #tell(urgent: boolean): void {
    for (const listener of this.#listeners) listener(urgent);
  }
}

const notThere = (): never => {
  throw new TagmillError('UNREACHABLE', 'no executor is connected');
};

const NO_RULES: RulesPort = {
  check: notThere,
  catalog: notThere,
  test: notThere,
  testTag: notThere,
  get: notThere,
  versions: notThere,
  diff: notThere,
  save: notThere,
  restore: notThere,
  publish: notThere,
  propose: notThere,
  approve: notThere,
  reject: notThere,
  proposals: notThere,
  explain: notThere,
  beginPreview: notThere,
  preview: notThere,
  cancelPreview: notThere,
};

function tableOf(tables: Tables, name: string): Record<string, FeedRecord> {
  const known = tables[name] ?? {};
  tables[name] = known;
  return known;
}

const record = (view: object): FeedRecord => view as FeedRecord;

export function aRun(id: string, createdAtMs: number, request: RunRequest): RunRecord {
  const counts = Object.fromEntries(INSTANCE_STATES.map((state) => [state, 0])) as Record<(typeof INSTANCE_STATES)[number], number>;
  const waits = request.who === 'waits';
  return {
    id,
    state: waits ? 'queued' : 'running',
    mode: request.mode,
    businessDate: request.businessDate ?? null,
    asOf: request.asOf ?? null,
    timeZone: request.timeZone ?? 'UTC',
    createdAtMs,
    startedAtMs: null,
    endedAtMs: null,
    queuePlace: null,
    counts,
    held: 0,
    message: null,
    who: request.who,
  };
}

export function anInstance(runId: string, name: string): InstanceRecord {
  const refusals = Object.fromEntries(ACTIONS.map((action) => [action, null])) as InstanceRecord['refusals'];
  const tagId = name.startsWith('tag-') ? Number(name.slice(4)) : null;
  return {
    id: instanceId(runId, name),
    name,
    handler: tagId === null ? 'plan' : 'tag',
    tagId,
    domain: tagId === null ? null : 'wealth',
    state: 'pending',
    held: false,
    gate: 'auto',
    step: null,
    shardsTotal: 0,
    shardsDone: 0,
    shardsRunning: 0,
    shardsFailed: 0,
    reason: null,
    errorCode: null,
    startedAtMs: null,
    endedAtMs: null,
    matched: null,
    unknown: null,
    entered: null,
    exited: null,
    pass: null,
    breach: null,
    refusals,
  };
}

export function anExecutor(id: string): ExecutorRecord {
  return {
    id,
    name: id,
    state: 'connected',
    slots: 2,
    slotsUsed: 0,
    version: '0.1.0',
    labels: { zone: 'a' },
    joinedAtMs: 1,
    lastHeardAtMs: 2,
    cpuPercent: 1.5,
    memoryBytes: 1,
    loopLagMs: null,
    shardsDone: 0,
    shardsFailed: 0,
  };
}

export function aReport(runId: string): RunReport {
  const tag = { matched: 1, unknown: 0, entered: 1, exited: 0 };
  return {
    run_id: runId,
    state: 'partial',
    business_date: '2026-11-22',
    as_of: '2026-11-22',
    as_of_instant: '2026-11-22T23:59:59.999999Z',
    time_zone: 'UTC',
    tags: [
      { tag_id: 1, name: '高净值用户', state: 'succeeded', ...tag },
      { tag_id: 2, name: '活跃交易者', state: 'failed', ...tag, error: { code: 'RULE_INVALID', message: 'no such operator' } },
    ],
    users: { evaluated: 285, inserted: 1, updated: 2, unchanged: 282 },
    shards: { total: 3, attempts: 4 },
    bytes_read: 1_000,
    duration_ms: { total: 10, plan: 1, evaluate: 2, check: 3, merge: 4 },
    notes: [],
  };
}

export const aRecovery = (outcome: RecoveryReport['outcome'] = 'own'): RecoveryReport => ({
  startedMs: 1_700_000_000_000,
  firstDispatchMs: 1_700_000_000_900,
  term: 42,
  termBefore: 41,
  lineage: '0f8fad5b-d9cb-469f-a165-70867728950e',
  outcome,
  sentence: 'The own journal is used.',
  candidates: [
    {
      source: 'own',
      name: 'own',
      term: 41,
      seq: 48_251_870,
      snapshotSeq: 48_219_000,
      hash: '11d04be2',
      writtenMs: null,
      chain: 'whole',
      verdict: 'wins',
      why: 'highest term and sequence, chain unbroken',
    },
  ],
  entriesFromCopy: 0,
  window: { ms: 0, closedEarly: false },
  steps: [{ name: 'start', startedMs: 1_700_000_000_000, endedMs: 1_700_000_000_400, detail: '' }],
  attempts: { running: 0, kept: 0, accepted: 0, redone: 0, examples: [] },
  late: { dropped: 0, fenced: 0 },
});
