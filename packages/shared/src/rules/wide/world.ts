/** All that a rule of the whole language may read, as the reference sees it. */
import type { CatalogField, RunClock } from '../../fields.ts';
import type { Truth } from '../reference.ts';
import type { Cell, Value } from '../values.ts';

/** Cells by column; an absent key is an absent column. */
export type Row = Readonly<Record<string, Cell>>;

export interface EventRows {
  /** Whether the run's partition is there; of a daily table, the days that are. */
  readonly present: boolean | readonly string[];
  rowsOf(user: string): readonly Row[];
}

/** One stay of a user in a tag; microseconds since 1970. */
export interface TagSpan {
  readonly user: string;
  readonly entered: bigint;
  /** First instant at which the tag was no longer held; null while it is. */
  readonly left: bigint | null;
}

export interface TagHistory {
  readonly begins: bigint;
  readonly spans: readonly TagSpan[];
}

export interface World {
  readonly clock: RunClock;
  /** The user's value of a field; null where it is missing. */
  value(user: string, field: CatalogField): Value | null;
  /** The same in the data of the previous run (`previous`) or of a day; null also where there is no such data. */
  earlierValue(since: string, user: string, field: CatalogField): Value | null;
  /** Undefined where no partition of the table is there. */
  events(table: string): EventRows | undefined;
  tagState(tag: string, user: string): Truth;
  history(tag: string): TagHistory | undefined;
  /** All present values of a field, smallest first. */
  population(field: CatalogField): readonly Value[];
}
