/** The tasks of a run as columns: a `TaskSpec` is made of them when somebody asks for one. */
import { DOMAINS, HANDLERS, type Domain, type Handler } from '@tagmill/shared/words';
import type { TaskSpec } from './run-spec.ts';
import { TextColumn } from './text-column.ts';

/** Bit of the kind column: the gate is manual. Below it the handler's number, above it the domain's plus one. */
const MANUAL = 8;

export interface TaskColumns {
  readonly names: TextColumn;
  /** Empty where the title is the name; null where that is so of all. */
  readonly titles: TextColumn | null;
  /** Handler, gate and domain. */
  readonly kinds: Uint8Array;
  /** NaN is none; null where no task has one. */
  readonly tagIds: Float64Array | null;
  /** Plus one: 0 is none given; null where no task has any. */
  readonly shards: Float64Array | null;
}

export function columnsOf(tasks: readonly TaskSpec[]): TaskColumns {
  return {
    names: TextColumn.of(tasks.map((task) => task.name)),
    titles: tasks.every((task) => task.title === task.name)
      ? null
      : TextColumn.of(tasks.map((task) => (task.title === task.name ? '' : task.title))),
    kinds: Uint8Array.from(tasks, kindOf),
    tagIds: tasks.every((task) => task.tagId === null) ? null : Float64Array.from(tasks, (task) => task.tagId ?? Number.NaN),
    shards: tasks.every((task) => task.shards === undefined) ? null : Float64Array.from(tasks, (task) => (task.shards ?? -1) + 1),
  };
}

const kindOf = ({ handler, gate, domain }: TaskSpec): number =>
  HANDLERS.indexOf(handler) + (gate === 'manual' ? MANUAL : 0) + (domain === null ? 0 : DOMAINS.indexOf(domain) + 1) * 16;

/** Whether a kind names a handler and a domain that there are. */
export const isKind = (kind: number): boolean => (kind & 7) < HANDLERS.length && kind >> 4 <= DOMAINS.length;

/** One task of the columns; what it says is read when it is asked. */
export class TaskAt implements TaskSpec {
  private readonly columns: TaskColumns;
  private readonly row: number;

  constructor(columns: TaskColumns, row: number) {
    this.columns = columns;
    this.row = row;
  }

  get name(): string {
    return this.columns.names.at(this.row);
  }

  get title(): string {
    const { titles, names } = this.columns;
    return titles === null || titles.isEmpty(this.row) ? names.at(this.row) : titles.at(this.row);
  }

  get handler(): Handler {
    return HANDLERS[this.columns.kinds[this.row]! & 7]!;
  }

  get tagId(): number | null {
    const tagId = this.columns.tagIds?.[this.row] ?? Number.NaN;
    return Number.isNaN(tagId) ? null : tagId;
  }

  get domain(): Domain | null {
    return DOMAINS[(this.columns.kinds[this.row]! >> 4) - 1] ?? null;
  }

  get gate(): 'auto' | 'manual' {
    return (this.columns.kinds[this.row]! & MANUAL) !== 0 ? 'manual' : 'auto';
  }

  get shards(): number | undefined {
    const shards = this.columns.shards?.[this.row] ?? 0;
    return shards === 0 ? undefined : shards - 1;
  }
}
