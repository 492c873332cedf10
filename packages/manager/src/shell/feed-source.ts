/** The feed's view of the state: whole topics on demand, and what changed since the last look. */
import type { FeedRecord, FeedTables } from '@tagmill/shared/feed/reducer';
import { instanceId, splitInstanceId } from '@tagmill/shared/ids';
import { successors } from '../core/graph.ts';
import type { Run } from '../core/run.ts';
import type { ManagerState } from '../core/state.ts';
import { attemptsView, executorView, fleetView, instanceView, runView, shardsView } from '../core/views.ts';

export interface TopicChange {
  readonly set?: FeedTables;
  readonly drop?: Readonly<Record<string, readonly string[]>>;
}

type Mutable = Record<string, Record<string, FeedRecord>>;

/**
 * Instances looked at in each turn although nothing touched them: why one waits,
 * and what it refuses, depends on slots, executors and neighbours too. A run of
 * so many is always looked at whole, a larger one in turns.
 */
const LOOK_ROWS = 64;

export class FeedSource {
  private readonly state: ManagerState;
  /** Where the next look at a large run begins, by topic. */
  private readonly lookFrom = new Map<string, number>();
  /** What a snapshot brought to light: those who follow already get it with the next changes. */
  private readonly found = new Map<string, TopicChange>();
  private readonly address: () => string;
  /** What each followed topic was last said to be, to send only what differs. */
  private readonly said = new Map<string, Mutable>();

  constructor(state: ManagerState, address: () => string) {
    this.state = state;
    this.address = address;
  }

  snapshot(topic: string): FeedTables | undefined {
    const tables = this.tables(topic);
    if (tables === undefined) return undefined;
    const said = this.said.get(topic);
    if (said === undefined) this.said.set(topic, tables);
    else this.found.set(topic, joined(this.found.get(topic) ?? {}, differ(said, tables)));
    return structuredClone(tables);
  }

  changes(wanted: ReadonlySet<string>): Map<string, TopicChange> {
    const { dirty } = this.state;
    const changes = new Map<string, TopicChange>();
    for (const topic of this.said.keys()) {
      if (wanted.has(topic)) continue;
      this.said.delete(topic);
      this.lookFrom.delete(topic);
      this.found.delete(topic);
    }
    for (const [topic, said] of this.said) {
      const next = this.next(topic, said);
      const change = next === undefined ? dropAll(said) : next;
      const found = this.found.get(topic);
      if (change !== undefined) changes.set(topic, found === undefined ? change : joined(found, change));
    }
    this.found.clear();
    dirty.runs.clear();
    dirty.instances.clear();
    dirty.executors.clear();
    return changes;
  }

  /** What is new in a topic; said is brought up to date. */
  private next(topic: string, said: Mutable): TopicChange | undefined {
    const run = topic.startsWith('run/') ? this.state.runs.get(topic.slice(4)) : undefined;
    if (run !== undefined) return this.nextOfRun(topic, run, said);
    if (!this.touches(topic)) return {};
    const tables = this.tables(topic);
    return tables === undefined ? undefined : differ(said, tables);
  }

  private touches(topic: string): boolean {
    const { dirty } = this.state;
    if (topic === 'runs') return dirty.runs.size > 0;
    if (topic === 'executors') return dirty.executors.size > 0 || dirty.instances.size > 0;
    const at = splitInstanceId(topic.slice('instance/'.length));
    if (at === undefined) return true;
    return dirty.instances.has(at.runId) || dirty.runs.has(at.runId) || dirty.executors.size > 0;
  }

  /** The instances that were touched, and a bounded number of others: a large graph is not looked through. */
  private nextOfRun(topic: string, run: Run, said: Mutable): TopicChange {
    const tables: Mutable = { run: { [run.id]: record(runView(this.state, run)) }, instances: {} };
    const rows = new Set(this.state.dirty.instances.get(run.id));
    const from = this.lookFrom.get(topic) ?? 0;
    for (let i = 0; i < Math.min(LOOK_ROWS, run.size); i++) rows.add((from + i) % run.size);
    this.lookFrom.set(topic, (from + LOOK_ROWS) % run.size);
    for (const row of rows) {
      const view = instanceView(this.state, run, row);
      tables['instances']![view.id] = record(view);
    }
    return differ(said, tables, false);
  }

  private tables(topic: string): Mutable | undefined {
    if (topic === 'runs')
      return { runs: Object.fromEntries([...this.state.runs.values()].map((run) => [run.id, record(runView(this.state, run))])) };
    if (topic === 'executors') return this.executors();
    if (topic.startsWith('run/')) {
      const run = this.state.runs.get(topic.slice(4));
      return run === undefined ? undefined : this.wholeRun(run);
    }
    if (topic.startsWith('instance/')) return this.instance(topic.slice('instance/'.length));
    return undefined;
  }

  private executors(): Mutable {
    const executors = [...this.state.executors.values()].filter(
      (one) => one.state !== 'gone' || this.state.atMs - one.lastHeardMs < 600_000,
    );
    return {
      executors: Object.fromEntries(executors.map((one) => [one.id, record(executorView(one))])),
      fleet: { fleet: record(fleetView(this.state, this.address())) },
    };
  }

  private wholeRun(run: Run): Mutable {
    const instances: Record<string, FeedRecord> = {};
    const edges: Record<string, FeedRecord> = {};
    for (let row = 0; row < run.size; row++) {
      const view = instanceView(this.state, run, row);
      instances[view.id] = record(view);
      for (const next of successors(run.graph, row)) {
        const to = instanceId(run.id, run.task(next.row).name);
        edges[`${view.id}>${to}`] = { from: view.id, to };
      }
    }
    return { run: { [run.id]: record(runView(this.state, run)) }, instances, edges };
  }

  private instance(id: string): Mutable | undefined {
    const at = splitInstanceId(id);
    const run = at === undefined ? undefined : this.state.runs.get(at.runId);
    const row = run === undefined || at === undefined ? -1 : run.index.find(at.name);
    if (run === undefined || row < 0) return undefined;
    const attempts = attemptsView(this.state, run, row).map(
      (one) => [`${one.step}:${one.shard}:${one.attempt}:${one.token}`, record(one)] as const,
    );
    const dropped = run.stories.droppedOf(row);
    const story = run.stories.linesOf(row).map((line, i) => [String(i === 0 ? 0 : i + dropped), record(line)] as const);
    return {
      instance: { [id]: record(instanceView(this.state, run, row)) },
      shards: { [id]: record(shardsView(run, row)) },
      attempts: Object.fromEntries(attempts),
      story: Object.fromEntries(story),
    };
  }
}

/** A view as a record of the feed: the same data, seen as plain JSON. */
const record = (view: object): FeedRecord => view as FeedRecord;

function differ(said: Mutable, now: Mutable, drops = true): TopicChange {
  const set: Mutable = {};
  const drop: Record<string, string[]> = {};
  for (const [table, records] of Object.entries(now)) {
    const before = said[table] ?? {};
    said[table] = before;
    const changed: Record<string, FeedRecord> = {};
    const gone: string[] = [];
    for (const [id, next] of Object.entries(records)) {
      const fields = changedFields(before[id], next);
      if (fields !== undefined) changed[id] = fields;
      before[id] = next;
    }
    for (const id of drops ? Object.keys(before) : []) {
      if (records[id] !== undefined) continue;
      delete before[id];
      gone.push(id);
    }
    if (Object.keys(changed).length > 0) set[table] = changed;
    if (gone.length > 0) drop[table] = gone;
  }
  return { ...(Object.keys(set).length > 0 ? { set } : {}), ...(Object.keys(drop).length > 0 ? { drop } : {}) };
}

function changedFields(before: FeedRecord | undefined, next: FeedRecord): FeedRecord | undefined {
  if (before === undefined) return next;
  const fields: Record<string, FeedRecord[string]> = {};
  let any = false;
  for (const [name, value] of Object.entries(next)) {
    const old = before[name];
    if (old === value || (typeof value === 'object' && value !== null && JSON.stringify(old) === JSON.stringify(value))) continue;
    fields[name] = value;
    any = true;
  }
  return any ? fields : undefined;
}

/** Two changes, one after the other, as one. */
function joined(first: TopicChange, next: TopicChange): TopicChange {
  const set: Mutable = {};
  for (const change of [first, next]) {
    for (const [table, records] of Object.entries(change.set ?? {})) {
      set[table] ??= {};
      for (const [id, fields] of Object.entries(records)) set[table][id] = { ...set[table][id], ...fields };
    }
  }
  const drop: Record<string, string[]> = {};
  for (const change of [first, next]) {
    for (const [table, ids] of Object.entries(change.drop ?? {})) drop[table] = [...(drop[table] ?? []), ...ids];
  }
  // What is there again must not be dropped after it was set.
  for (const [table, ids] of Object.entries(drop)) drop[table] = ids.filter((id) => next.set?.[table]?.[id] === undefined);
  return { set, drop };
}

function dropAll(said: Mutable): TopicChange | undefined {
  const drop: Record<string, string[]> = {};
  for (const [table, records] of Object.entries(said)) {
    if (Object.keys(records).length > 0) drop[table] = Object.keys(records);
    said[table] = {};
  }
  return Object.keys(drop).length > 0 ? { drop } : undefined;
}
