/** One table of rows in a DuckDB of its own. */
import { type RuleTable, RuleTables, type TimestampType } from '@tagmill/executor/engine/rule-table';
import type { FieldCatalog } from '@tagmill/shared/fields';
import type { Cell } from '@tagmill/shared/rules/reference';

export type { TimestampType } from '@tagmill/executor/engine/rule-table';

/** Loads rows; a cell that a row lacks is NULL. */
export async function ruleTable(
  catalog: FieldCatalog,
  rows: readonly Readonly<Record<string, Cell>>[],
  timestamps: TimestampType = 'TIMESTAMP',
): Promise<Omit<RuleTable, 'drop'> & { close(): void }> {
  const tables = await RuleTables.open();
  return { ...(await tables.load(catalog, rows, timestamps)), close: () => tables.close() };
}
