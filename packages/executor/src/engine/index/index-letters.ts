/** Rules over rows that the engine already holds, as a shard of a run is evaluated: indexes, planes, pieces' bits. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { CatalogField, RunClock } from '@tagmill/shared/fields';
import type { PassJob, PlannedTable } from '@tagmill/shared/job';
import type { NormalRule } from '@tagmill/shared/rules/normal';
import { fieldsOf, tablesOf } from '@tagmill/shared/rules/reads';
import type { Truth } from '@tagmill/shared/rules/reference';
import { nameSql } from '@tagmill/shared/rules/sql-literals';
import { assemble } from '../assemble.ts';
import { compilePass } from '../compile-pass.ts';
import { fetchTable, type TableRows } from '../fetch-table.ts';
import { CAST_ERRORS, KEY } from '../scan-sql.ts';
import { Scratch } from '../scratch.ts';

/** Rows with a column `row_number`, from 0 on. */
export interface RowSource {
  readonly table: string;
  readonly rows: number;
  /** SQL of a field's value, as declared. */
  sqlOf(field: CatalogField): string;
}

/** Letters per rule and row, in the order given. */
export async function indexLetters(
  connection: DuckDBConnection,
  source: RowSource,
  rules: readonly NormalRule[],
  clock: RunClock,
): Promise<Truth[][]> {
  const fields = rules.flatMap(fieldsOf);
  const job = jobOf(rules, clock, [...new Set(rules.flatMap(tablesOf))], fields);
  const pass = compilePass(job, 'index');
  const scratch = new Scratch();
  const tables: TableRows[] = [];
  for (const table of pass.tables) {
    const own = new Map(fields.filter((field) => field.table === table.table.name).map((field) => [field.name, field]));
    const columns = [...own.values()].map((field) => `${source.sqlOf(field)} AS ${nameSql(field.name)}`);
    const selected = [`CAST(row_number AS BIGINT) AS ${KEY}`, `0 AS ${CAST_ERRORS}`, ...columns];
    const rowsFrom = `SELECT ${selected.join(', ')} FROM ${source.table}`;
    tables.push(await fetchTable(connection, { ...table, keyType: 'int64', range: {}, rowsFrom }, [], scratch));
  }
  // Every table has every row: nobody is absent.
  const absent = pass.tables.map(({ leaves }) => new Uint32Array(leaves.length + 1));
  const letters = rules.map(() => new Array<Truth>(source.rows).fill('U'));
  for (const batch of assemble(pass, tables, absent, undefined, scratch).batches) {
    for (let user = 0; user < batch.users; user += 1) {
      const row = Number(batch.keys.toString('latin1', batch.offsets[user]!, batch.offsets[user + 1]!));
      letters.forEach((own, rule) => {
        const word = user * batch.words + (rule >>> 5);
        const has = (plane: Uint32Array): boolean => ((plane[word]! >>> (rule & 31)) & 1) === 1;
        own[row] = has(batch.matched) ? 'T' : has(batch.notMatched) ? 'F' : 'U';
      });
    }
  }
  return letters;
}

function jobOf(rules: readonly NormalRule[], clock: RunClock, tables: readonly string[], fields: readonly CatalogField[]): PassJob {
  return {
    runId: 'rows',
    pass: 1,
    location: { kind: 'folder', path: '' },
    businessDate: clock.today,
    clock,
    tables: tables.map((name): PlannedTable => ({ name, objects: [], rows: 0 })),
    catalog: { fields },
    keyType: 'int64',
    cuts: [],
    users: { kind: 'all' },
    tags: rules.map((rule, at) => ({
      tagId: at + 1,
      name: '',
      rule,
      reads: tablesOf(rule),
      onlyUsers: [],
      onlyMatches: [],
      reason: '',
      ruleVersion: 1,
    })),
  };
}
