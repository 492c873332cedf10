/** Texts and booleans: each value that a leaf names has a number, all others share one. */
import type { CatalogField } from '@tagmill/shared/fields';
import type { NormalLeaf } from '@tagmill/shared/rules/normal';
import { listOf, oneOf } from '@tagmill/shared/rules/operator';
import { textSql } from '@tagmill/shared/rules/sql-literals';
import { foldCase } from '@tagmill/shared/rules/values';
import { identifier } from '../duckdb.ts';
import { type FieldIndex, indexedLeaf } from './field-index.ts';
import { positiveOf } from './spans.ts';

export interface NamingLeaf {
  readonly node: NormalLeaf;
  /** Values that its positive form names: `true` and `false` of a boolean; folded where the leaf folds. */
  readonly values: readonly string[];
}

/** The values that the positive form of a leaf asks for; null where it asks something else. */
export function valuesOf(node: NormalLeaf): readonly string[] | null {
  const { kind } = node.field.type;
  if ((kind !== 'string' && kind !== 'boolean') || node.other !== undefined) return null;
  const values = namedBy(node);
  return values === null || node.case !== 'fold' ? values : values.map(foldCase);
}

function namedBy(node: NormalLeaf): readonly string[] | null {
  switch (positiveOf(node).name) {
    case 'is_null':
      return [];
    case 'is_empty':
      return [''];
    case '=':
      return [String(oneOf(node))];
    case 'in':
      return listOf(node);
    case 'in_list':
      return node.items ?? null;
    case 'is_true':
      return ['true'];
    case 'is_false':
      return ['false'];
    default:
      return null;
  }
}

const MISSING = 0;

/** An index over leaves that all fold, or all do not. */
export function codedField(field: CatalogField, leaves: readonly NamingLeaf[], fold: boolean): FieldIndex {
  const names = [...new Set(leaves.flatMap(({ values }) => values))];
  const column = `${identifier(field.table)}.${identifier(field.name)}`;
  const boolean = field.type.kind === 'boolean';
  const numbers = new Map((boolean ? ['false', 'true'] : names).map((name, at) => [name, at + 1]));
  const others = numbers.size + 1;
  const sql = boolean ? booleanSql(column) : textsSql(column, names, others, fold);
  return {
    sql,
    form: 'code',
    missing: MISSING,
    leaves: leaves.map(({ node, values }) => {
      const holds = new Uint8Array(others + 1);
      for (const value of values) holds[numbers.get(value)!] = 1;
      return indexedLeaf(node, holds, MISSING);
    }),
  };
}

const booleanSql = (column: string): string => `CAST(CASE WHEN ${column} IS NULL THEN 0 WHEN ${column} THEN 2 ELSE 1 END AS USMALLINT)`;

/** A look-up in a list is a function: over a dictionary the engine asks it once for each distinct value. */
function textsSql(column: string, names: readonly string[], others: number, fold: boolean): string {
  const lower = (text: string): string => (fold ? `lower(${text})` : text);
  const list = names.map((name) => lower(textSql(name))).join(', ');
  const found = names.length === 0 ? `${others}` : `coalesce(list_position([${list}], ${lower(column)}), ${others})`;
  return `CAST(CASE WHEN ${column} IS NULL THEN ${MISSING} ELSE ${found} END AS USMALLINT)`;
}
