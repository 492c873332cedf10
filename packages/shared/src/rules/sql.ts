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

export { castErrorSql, readColumnSql } from './sql-read.ts';
export { typeSql } from './sql-literals.ts';

export interface CompiledLeaf {
  /** `l0`, `l1`, ...: the name that the expressions of tags use, quoted. */
  readonly id: string;
  /** Nullable BOOLEAN expression over the field's column. */
  readonly sql: string;
  /** The only column that it reads. */
  readonly field: CatalogField;
  readonly table: string;
}

export interface CompiledRules {
  readonly leaves: readonly CompiledLeaf[];
  /** One nullable BOOLEAN expression for each rule, in the order given, over `"l0"`, `"l1"`, ... */
  readonly tags: readonly string[];
}

/** Reference to a column whose value is already of the declared type (`readColumnSql`). */
export type ColumnNaming = (field: CatalogField) => string;

export const tableAndColumn: ColumnNaming = (field) => `${nameSql(field.table)}.${nameSql(field.name)}`;

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
      const sql = operatorOf(operator).sql(column(leaf.field), leaf, clock);
      compiled = { id: `l${leaves.size}`, sql, field: leaf.field, table: leaf.field.table };
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

/** A sum as a balanced tree: DuckDB bounds how deep an expression may be. */
function sumSql(terms: readonly string[]): string {
  if (terms.length <= 2) return terms.length === 1 ? terms[0]! : `(${terms[0]} + ${terms[1]})`;
  const middle = Math.floor(terms.length / 2);
  return `(${sumSql(terms.slice(0, middle))} + ${sumSql(terms.slice(middle))})`;
}

/** A leaf, perhaps with NOT and `missing`. */
const isShort = (child: string): boolean => child.length <= 40;

/**
 * T where k children are T, F where fewer than k are T or U, else U. Children
 * that are groups are written once only, as the k-th highest of F < U < T: a
 * tree of AT_LEAST that named its children twice would grow without bound.
 */
function atLeastSql(children: readonly string[], k: number): string {
  if (children.every(isShort)) {
    const certain = sumSql(children.map((child) => `COALESCE(CAST(${child} AS INTEGER), 0)`));
    const possible = sumSql(children.map((child) => `COALESCE(CAST(${child} AS INTEGER), 1)`));
    return `(CASE WHEN ${certain} >= ${k} THEN TRUE WHEN ${possible} < ${k} THEN FALSE END)`;
  }
  const ranks = children.map((child) => `COALESCE(CAST(${child} AS INTEGER) * 2, 1)`);
  return `([FALSE, NULL, TRUE][list_reverse_sort([${ranks.join(', ')}])[${k}] + 1])`;
}
