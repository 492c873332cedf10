/**
 * The normal form of a checked rule: canonical operator names, typed literals,
 * fields resolved to table and column. It is plain JSON, it is what executors
 * get, and nothing that was not checked can have this form.
 */
import type { CatalogField } from '../fields.ts';

export type Missing = 'unknown' | 'match' | 'no_match';

export interface NormalGroup {
  readonly logic: 'AND' | 'OR' | 'NOT' | 'NONE' | 'NOT_ALL' | 'AT_LEAST';
  readonly k?: number;
  readonly conditions: readonly NormalRule[];
}

export interface NormalLeaf {
  readonly field: CatalogField;
  /** Canonical name: aliases are resolved. */
  readonly operator: string;
  readonly value?: NormalOperand;
  readonly case?: 'exact' | 'fold';
  readonly compare?: string;
  readonly missing: Missing;
}

/** Numbers, dates and instants as exact text, typed by the field. */
export type NormalOperand = string | boolean | readonly string[];

export type NormalRule = NormalGroup | NormalLeaf;
