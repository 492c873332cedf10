/**
 * A run: its graph, its tasks and instances as columns (name, state, flags,
 * counters, times), its passes. Sentences and errors are sparse maps, since
 * most instances of a large run have none.
 */
import type { RunClock } from '@tagmill/shared/fields';
import type { PassTag, PlanResult, UserScope } from '@tagmill/shared/job';
import type { TagBreach } from '@tagmill/shared/tag-policy';
import { INSTANCE_STATES, type InstanceState, type RunState } from '@tagmill/shared/words';
import { buildGraph, type Graph } from './graph.ts';
import { NameIndex } from './name-index.ts';
import type { Pass } from './pass.ts';
import { RowSet } from './row-set.ts';
import type { RunHead, RunSpec, TaskSpec } from './run-spec.ts';
import { stateNumber, stateOf } from './states/table.ts';
import { Stories } from './stories.ts';
import { columnsOf, TaskAt, type TaskColumns } from './task-columns.ts';

export const HELD = 1;
export const GATE_MANUAL = 2;
export const GATE_OPEN = 4;
/** It ended because its upstream did not end well. */
export const BY_UPSTREAM = 8;
/** Somebody asked that what it changed be undone. */
export const ROLLBACK = 16;

export interface InstanceError {
  readonly code: string;
  readonly message: string;
}

export class Run {
  readonly spec: RunHead;
  readonly tasks: TaskColumns;
  readonly graph: Graph;
  readonly index: NameIndex;
  readonly size: number;

  readonly stateColumn: Uint8Array;
  readonly flags: Uint8Array;
  /** Predecessors that have not finished well enough. */
  readonly waitingOn: Uint32Array;
  /** Number of the pass it is in, 0 is none. */
  readonly passOf: Uint32Array;
  readonly startedAtMs: Float64Array;
  readonly endedAtMs: Float64Array;

  /** Instances per state, by number. */
  readonly counts = new Uint32Array(INSTANCE_STATES.length);
  held = 0;
  state: RunState = 'queued';
  startedMs: number | null = null;
  endedMs: number | null = null;
  /** Why the whole run failed. */
  error: InstanceError | null = null;

  plan: PlanResult | null = null;
  clock: RunClock | null = null;
  users: UserScope | null = null;
  readonly passTags = new Map<number, PassTag>();
  /** Tags whose rule or tables the plan found broken. */
  readonly refusedTags = new Map<number, InstanceError>();
  readonly passes: Pass[] = [];

  readonly errors = new Map<number, InstanceError>();
  readonly reasons = new Map<number, string>();
  /** Tags that the check has held, and what it found: kept when they are let go. */
  readonly breaches = new Map<number, TagBreach>();
  readonly stories: Stories;
  /** Rows that may be able to begin: pending ones; looked at by the next decision. */
  readonly candidates: RowSet;
  /** Counts every change that a preview could depend on. */
  changes = 0;

  constructor(spec: RunHead, tasks: TaskColumns, graph: Graph, index = new NameIndex(tasks.names)) {
    this.spec = spec;
    this.tasks = tasks;
    this.graph = graph;
    this.index = index;
    this.size = tasks.names.length;
    this.stateColumn = new Uint8Array(this.size);
    this.flags = new Uint8Array(this.size);
    this.waitingOn = new Uint32Array(this.size);
    this.passOf = new Uint32Array(this.size);
    this.startedAtMs = new Float64Array(this.size).fill(Number.NaN);
    this.endedAtMs = new Float64Array(this.size).fill(Number.NaN);
    this.stories = new Stories(this.size);
    this.candidates = new RowSet(this.size);
    for (let i = 0; i < this.size; i++) {
      this.waitingOn[i] = this.graph.inStart[i + 1]! - this.graph.inStart[i]!;
      if (this.task(i).gate === 'manual') this.flags[i] = GATE_MANUAL;
    }
    this.counts[stateNumber('unregistered')] = this.size;
  }

  /** Errors: RangeError when two tasks share a name, an edge names none, or the graph has a cycle. */
  static of({ tasks, edges, ...head }: RunSpec): Run {
    const columns = columnsOf(tasks);
    const index = new NameIndex(columns.names);
    const row = (name: string) => {
      const at = index.find(name);
      if (at < 0) throw new RangeError(`an edge names the task ${name}, which the graph lacks`);
      return at;
    };
    const graph = buildGraph(
      tasks.length,
      edges.map((edge) => ({ from: row(edge.from), to: row(edge.to), kind: edge.kind })),
    );
    return new Run(head, columns, graph, index);
  }

  get id(): string {
    return this.spec.id;
  }

  task(row: number): TaskSpec {
    return new TaskAt(this.tasks, row);
  }

  /** Every task, in the order of rows. */
  allTasks(): TaskSpec[] {
    return Array.from({ length: this.size }, (_, row) => this.task(row));
  }

  stateAt(row: number): InstanceState {
    return stateOf(this.stateColumn[row]!);
  }

  has(row: number, flag: number): boolean {
    return (this.flags[row]! & flag) !== 0;
  }

  /** The pass that a row is in, or was in last while it ran. */
  pass(row: number): Pass | undefined {
    const number = this.passOf[row]!;
    return number === 0 ? undefined : this.passes[number - 1];
  }

  /** The pass that executors and the target know by this number. */
  passOutside(outerNumber: number): Pass | undefined {
    return this.passes.findLast((pass) => pass.outerNumber === outerNumber);
  }

  /** An open gate, or none. */
  gateOpen(row: number): boolean {
    return !this.has(row, GATE_MANUAL) || this.has(row, GATE_OPEN);
  }
}
