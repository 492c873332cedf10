/** Rules as SQL, from the one compiler that all engines share (`shared/rules`). */
import { TagmillError } from '@tagmill/shared/errors';
import type { CatalogField, RunClock } from '@tagmill/shared/fields';
import type { NormalLeaf } from '@tagmill/shared/rules/normal';
import { castErrorSql, type ColumnNaming, compileRules, readColumnSql, typeSql, uncheckedColumnSql } from '@tagmill/shared/rules/sql';
import { localToUtcSql } from '@tagmill/shared/rules/sql-zones';
import type { ReadColumn } from './scan-sql.ts';

/**
 * One leaf, with its negation and its rule for missing values, as a nullable
 * BOOLEAN expression over `"table"."column"`, or over what `column` says.
 */
export function leafSql(leaf: NormalLeaf, clock: RunClock, column?: ColumnNaming): string {
  const { leaves, tags } = compileRules([leaf], clock, column);
  const [compiled] = leaves;
  const [tag] = tags;
  if (leaves.length !== 1 || compiled === undefined || tag === undefined) {
    throw new TagmillError('INTERNAL', `the condition on ${leaf.field.name} did not compile to one expression`);
  }
  return tag.split(`"${compiled.id}"`).join(`(${compiled.sql})`);
}

/** How a column is read as its declared type. */
export function readColumn(field: CatalogField, clock: RunClock): ReadColumn {
  if (field.stored === 'local' && field.type.kind === 'timestamp') {
    // The zone's table is long: one for all files, where one in each took seconds to plan over a hundred.
    const { stored: _, ...plain } = field;
    return { ...readColumn(plain, clock), finish: (column) => localToUtcSql(column, field.zone ?? clock.zone) };
  }
  return {
    name: field.name,
    sqlType: typeSql(field.type),
    read: (storedType, raw) => readColumnSql(field, storedType, raw, clock),
    castError: (storedType, raw) => castErrorSql(field, storedType, raw, clock),
    unchecked: (storedType, raw) => uncheckedColumnSql(field, storedType, raw),
  };
}
