/**
 * The compiler to DuckDB. Each distinct leaf becomes one nullable BOOLEAN
 * expression over columns (NULL is UNKNOWN), because DuckDB does not share
 * sub-expressions between rules; each rule becomes one expression over the
 * names of leaves. `NOT`, `missing` and groups are applied there, so that
 * `in`, `not_in` and all their variants are one leaf.
 *
 * No path gives a constant: every expression reads at least one column.
 */
import type { CatalogField, RunClock } from '../fields.ts';
import { leafKey } from './leaf-key.ts';
import type { NormalGroup, NormalLeaf, NormalRule } from './normal.ts';
import { operatorOf } from './operators/registry.ts';
import { nameSql } from './sql-literals.ts';

export { castErrorSql, readColumnSql, uncheckedColumnSql } from './sql-read.ts';
export { typeSql } from './sql-literals.ts';

export interface CompiledLeaf {
  /** `l0`, `l1`, ...: the name that the expressions of tags use, quoted. */
  readonly id: string;
  /** Nullable BOOLEAN expression over the field's column. */
  readonly sql: string;
  readonly field: CatalogField;
  /** The second column, where it compares two; it reads no others. */
  readonly other?: CatalogField;
  readonly table: string;
}

export interface CompiledRules {
  readonly leaves: readonly CompiledLeaf[];
  /** One nullable BOOLEAN expression for each rule, in the order given, over `"l0"`, `"l1"`, ... */
  readonly tags: readonly string[];
}

/** Reference to a column whose value is already of the declared type (`readColumnSql`). */
export type ColumnNaming = (field: CatalogField) => string;

const tableAndColumn: ColumnNaming = (field) => `${nameSql(field.table)}.${nameSql(field.name)}`;

const isGroup = (rule: NormalRule): rule is NormalGroup => 'logic' in rule;

/**
 * Compiles checked rules.
 *
 * @param column where the values of a field are found; `"table"."column"` when absent
 */
export function compileRules(rules: readonly NormalRule[], clock: RunClock, column: ColumnNaming = tableAndColumn): CompiledRules {
  const leaves = new Map<string, CompiledLeaf>();

  const leafName = (leaf: NormalLeaf, operator: string): string => {
    const key = leafKey(leaf, operator);
    let compiled = leaves.get(key);
    if (compiled === undefined) {
      const { field, other } = leaf;
      const sql = operatorOf(operator).sql(column(field), leaf, clock, other === undefined ? undefined : column(other));
      compiled = { id: `l${leaves.size}`, sql, field, ...(other === undefined ? {} : { other }), table: field.table };
      leaves.set(key, compiled);
    }
    return nameSql(compiled.id);
  };

  const leafSql = (leaf: NormalLeaf): string => {
    const { negates, name } = operatorOf(leaf.operator);
    const value = negates === undefined ? leafName(leaf, name) : `(NOT ${leafName(leaf, negates)})`;
    if (leaf.missing === 'unknown') return value;
    return `COALESCE(${value}, ${leaf.missing === 'match' ? 'TRUE' : 'FALSE'})`;
  };

  const ruleSql = (rule: NormalRule): string => (isGroup(rule) ? groupSql(rule, rule.conditions.map(ruleSql)) : leafSql(rule));

  const tags = rules.map(ruleSql);
  return { leaves: [...leaves.values()], tags };
}

function groupSql(group: NormalGroup, children: readonly string[]): string {
  if (children.length === 0) throw new Error('a group without conditions; only checked rules can be compiled');
  const all = children.length === 1 ? children[0]! : `(${children.join(' AND ')})`;
  const any = children.length === 1 ? children[0]! : `(${children.join(' OR ')})`;
  switch (group.logic) {
    case 'AND':
      return all;
    case 'OR':
      return any;
    case 'NOT':
    case 'NONE':
      return `(NOT ${any})`;
    case 'NOT_ALL':
      return `(NOT ${all})`;
    case 'AT_LEAST':
      return atLeastSql(children, group.k ?? children.length);
  }
}

/** Up to so many children, the result is looked up by the numbers of T and U: 41 x 41 entries at most. */
const LOOKUP_CHILDREN = 40;

/**
 * T where k children are T, F where fewer than k are T or U, else U. Each child
 * is written once only: a tree of AT_LEAST that named its children twice would
 * grow without bound. Many children are sorted instead, F < U < T: the k-th
 * highest is the result.
 */
function atLeastSql(children: readonly string[], k: number): string {
  const count = children.length;
  if (count > LOOKUP_CHILDREN) {
    const ranks = children.map((child) => `COALESCE(CAST(${child} AS INTEGER) * 2, 1)`);
    return `([FALSE, NULL, TRUE][list_reverse_sort([${ranks.join(', ')}])[${k}] + 1])`;
  }
  const width = count + 1;
  const result = (certain: number, unknown: number): string => (certain >= k ? 'TRUE' : certain + unknown < k ? 'FALSE' : 'NULL');
  const results = Array.from({ length: width * width }, (_, at) => result(Math.floor(at / width), at % width));
  const weights = children.map((child) => `COALESCE(CAST(${child} AS INTEGER) * ${width}, 1)`);
  return `([${results.join(', ')}][${weights.join(' + ')} + 1])`;
}
