/** Per-row rules by SQL, for `rules conformance`: leaves and groups are one expression in DuckDB. */
import type { RowEngine } from '@tagmill/shared/conformance/answer';
import { fieldsOf } from '@tagmill/shared/rules/reads';
import { RuleTables } from './rule-table.ts';

/** An engine with a DuckDB in memory; close it. */
export async function openSqlEngine(): Promise<RowEngine & { close(): void }> {
  const tables = await RuleTables.open();
  return {
    async letters(rule, rows, _catalog, clock) {
      if (rows.length === 0) return [];
      const table = await tables.load({ fields: fieldsOf(rule) }, rows);
      try {
        return (await table.evaluate([rule], clock))[0] ?? [];
      } finally {
        await table.drop();
      }
    },
    close: () => tables.close(),
  };
}
