/**
 * The normal form of a checked rule: canonical operator names, typed literals,
 * fields resolved to table and column. It is plain JSON, it is what executors
 * get, and nothing that was not checked can have this form.
 */
import type { CatalogField, EventTable } from '../fields.ts';

export type Missing = 'unknown' | 'match' | 'no_match';

/** A group over nodes of one kind. */
export interface Group<Node> {
  readonly logic: 'AND' | 'OR' | 'NOT' | 'NONE' | 'NOT_ALL' | 'AT_LEAST';
  readonly k?: number;
  readonly conditions: readonly Node[];
}

export type NormalGroup = Group<NormalRule>;

export interface NormalLeaf {
  readonly field: CatalogField;
  /** Canonical name: aliases are resolved. */
  readonly operator: string;
  readonly value?: NormalOperand;
  readonly case?: 'exact' | 'fold';
  readonly compare?: string;
  /** The field that `field` is compared with, times `factor`, plus `plus` (exact texts; days for dates). */
  readonly other?: CatalogField;
  readonly factor?: string;
  readonly plus?: string;
  /** Salt of a `bucket`. */
  readonly salt?: string;
  /** Values of the named list, as they are pinned for the run. */
  readonly items?: readonly string[];
  /** The same for a long list: the hash of its content. */
  readonly itemsHash?: string;
  readonly missing: Missing;
}

/** Numbers, dates and instants as exact text, typed by the field. */
export type NormalOperand = string | boolean | readonly string[];

export type NormalRule = NormalGroup | NormalLeaf;

/** A leaf that reads more than the user's row. */
export type WideLeaf = AggregateLeaf | ChangeLeaf | TagLeaf | PopulationLeaf;

/** Days that an aggregate looks at: one key, as rules write it. */
export type EventWindow =
  | { readonly last_days: number }
  | { readonly days_ago: readonly [number, number] }
  | { readonly last_months: number }
  | { readonly period: string }
  | { readonly from: string; readonly to: string };

export interface AggregateLeaf {
  readonly kind: 'aggregate';
  readonly operator: string;
  readonly table: EventTable;
  readonly field?: CatalogField;
  readonly compare: string;
  readonly value: NormalOperand;
  readonly filter?: NormalRule;
  readonly window?: EventWindow;
  readonly missing: Missing;
}

export interface ChangeLeaf {
  readonly kind: 'change';
  readonly operator: string;
  readonly field: CatalogField;
  /** `previous` or a day. */
  readonly since: string;
  /** Exact text of the increase. */
  readonly value?: string;
  readonly unit?: 'amount' | 'percent';
  readonly missing: Missing;
}

export interface TagLeaf {
  readonly kind: 'tag';
  readonly operator: string;
  /** Id of the tag, decimal digits. */
  readonly tag: string;
  readonly days?: number;
  /**
   * In a pass: number of the pass of the run that has evaluated the tag; 0: as
   * it is stored; -1: the run evaluates it, but has no result.
   */
  readonly basis?: number;
  readonly missing: Missing;
}

export interface PopulationLeaf {
  readonly kind: 'population';
  readonly operator: string;
  readonly field: CatalogField;
  /** N of `top_n`, p of `percentile`, the tiles of `ntile`. */
  readonly value: NormalOperand;
  readonly compare?: string;
  readonly order?: 'asc' | 'desc';
  readonly tiles?: number;
  readonly missing: Missing;
}

/** A checked rule of the whole language. */
export type WholeRule = Group<WholeRule> | NormalLeaf | WideLeaf;
