/**
 * The normal form of a checked rule: canonical operator names, typed literals,
 * fields resolved to table and column. It is plain JSON, it is what executors
 * get, and nothing that was not checked can have this form.
 */
import type { CatalogField } from '../fields.ts';

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
  readonly missing: Missing;
}

/** Numbers, dates and instants as exact text, typed by the field. */
export type NormalOperand = string | boolean | readonly string[];

export type NormalRule = NormalGroup | NormalLeaf;
