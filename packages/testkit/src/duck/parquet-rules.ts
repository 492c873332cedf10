/** Rules over Parquet tables joined by user, the plain way: what engines that are clever about it must equal. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { CatalogField, FieldCatalog, RunClock } from '@tagmill/shared/fields';
import type { NormalRule } from '@tagmill/shared/rules/normal';
import type { Truth } from '@tagmill/shared/rules/reference';
import { compileRules, readColumnSql } from '@tagmill/shared/rules/sql';

export interface ParquetTable {
  readonly name: string;
  readonly files: readonly string[];
  /** DuckDB's type of each column. */
  readonly columns: ReadonlyMap<string, string>;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const source = (files: readonly string[]): string => `read_parquet([${files.map(text).join(', ')}], union_by_name = true)`;

async function withConnection<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Reads names and types of a table's columns. */
export const parquetTable = (name: string, files: readonly string[]): Promise<ParquetTable> =>
  withConnection(async (connection) => {
    const reader = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source(files)}`);
    const [names, types] = reader.getColumnsJS();
    return { name, files, columns: new Map((names ?? []).map((column, index) => [String(column), String(types?.[index])])) };
  });

function tableSql(table: ParquetTable, catalog: FieldCatalog, clock: RunClock): string {
  const fields = catalog.fields.filter((field) => field.table === table.name && field.name !== 'user_id');
  const columns = fields.map(
    (field) =>
      `, ${readColumnSql(field, table.columns.get(field.name) ?? 'VARCHAR', `r.${quoted(field.name)}`, clock)} AS ${quoted(field.name)}`,
  );
  return `(SELECT r.user_id${columns.join('')} FROM ${source(table.files)} AS r) AS ${quoted(table.name)}`;
}

/** Letters of all users that are in any of the tables, one per rule. */
export function overParquet(
  tables: readonly ParquetTable[],
  catalog: FieldCatalog,
  rules: readonly NormalRule[],
  clock: RunClock,
): Promise<ReadonlyMap<string, readonly Truth[]>> {
  const column = (field: CatalogField): string => `${quoted(field.table)}.${quoted(field.name)}`;
  const compiled = compileRules(rules, clock, column);
  const [first, ...others] = tables.map((table) => tableSql(table, catalog, clock));
  const joined = [first, ...others.map((other) => `FULL JOIN ${other} USING (user_id)`)].join(' ');
  const leaves = compiled.leaves.map((leaf) => `, ${leaf.sql} AS ${quoted(leaf.id)}`).join('');
  const tags = compiled.tags.map((tag, index) => `, ${tag} AS tag${index}`).join('');
  return withConnection(async (connection) => {
    const reader = await connection.runAndReadAll(`SELECT user_id${tags} FROM (SELECT user_id${leaves} FROM ${joined})`);
    const letters = new Map<string, Truth[]>();
    for (const [user, ...values] of reader.getRowsJS()) {
      letters.set(
        String(user),
        values.map((value) => (value === true ? 'T' : value === false ? 'F' : 'U')),
      );
    }
    return letters;
  });
}
