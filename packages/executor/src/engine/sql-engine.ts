/** Rules in DuckDB, for `rules conformance`. */
import type { RowEngine } from '@tagmill/shared/conformance/answer';
import { fieldsOf } from '@tagmill/shared/rules/reads';
import { RuleTables } from './rule-table.ts';
import { wideLetters } from './wide/case-letters.ts';

type DuckEngine = RowEngine & { close(): void };

/** Leaves and groups are one expression. An engine with a DuckDB in memory; close it. */
export const openSqlEngine = (): Promise<DuckEngine> => open('sql');

/** Leaves by the predicate index, those that it has no way for by SQL, groups as planes. Close it. */
export const openIndexEngine = (): Promise<DuckEngine> => open('index');

async function open(engine: 'sql' | 'index'): Promise<DuckEngine> {
  const tables = await RuleTables.open();
  return {
    async letters(rule, rows, _catalog, clock) {
      if (rows.length === 0) return [];
      const table = await tables.load({ fields: fieldsOf(rule) }, rows);
      try {
        return (await table.evaluate([rule], clock, engine))[0] ?? [];
      } finally {
        await table.drop();
      }
    },
    wideLetters: (leaf, seen) => wideLetters(tables, leaf, seen, engine),
    close: () => tables.close(),
  };
}
