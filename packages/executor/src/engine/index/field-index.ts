/**
 * One column of a table and all leaves that are answered from its value: the
 * SQL that reads it, how a value gives a number (its interval between cut
 * points, or the number of its text), and what each leaf is at each number.
 */
import type { NormalLeaf } from '@tagmill/shared/rules/normal';
import { operatorOf } from '@tagmill/shared/rules/operators/registry';
import type { Bounds, Cuts } from './cuts.ts';

/** How the values lie in memory: `code`s are the numbers themselves (16 bits), packed with others. */
export type ValueForm = 'int32' | 'int64' | 'double' | 'code';

export interface FieldIndex {
  /** The value, over `"table"."column"` of the declared type. */
  readonly sql: string;
  readonly form: ValueForm;
  readonly cuts?: Cuts;
  /** The column, where its values may come unchecked: NaN, and what lies outside of the bounds, is a missing value. */
  readonly field?: string;
  readonly bounds?: Bounds;
  /** The number that a missing value has. */
  readonly missing: number;
  readonly leaves: readonly IndexedLeaf[];
}

export interface IndexedLeaf {
  readonly node: NormalLeaf;
  /** By number: 1 where the leaf is T, 0 where it is F or U. */
  readonly holds: Uint8Array;
  /** A missing value makes it U. */
  readonly unknown: boolean;
}

/**
 * The leaf, from where its positive form holds.
 *
 * @param holds by number, 1 where the positive form holds; that of `missing` is set here
 */
export function indexedLeaf(node: NormalLeaf, holds: Uint8Array, missing: number): IndexedLeaf {
  const { negates, onMissing } = operatorOf(node.operator);
  if (negates !== undefined) for (let at = 0; at < holds.length; at += 1) holds[at] = 1 - holds[at]!;
  const known = onMissing ?? (node.missing === 'unknown' ? undefined : node.missing === 'match');
  holds[missing] = known === true ? 1 : 0;
  return { node, holds, unknown: known === undefined };
}
