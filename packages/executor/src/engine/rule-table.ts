/**
 * Rules over rows that are given, in DuckDB: the rows lie in a table with the
 * stored types that the catalogue says, are read by `readColumnSql`, and all
 * rules are one query, as a scan does it.
 */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { CatalogField, FieldCatalog, RunClock } from '@tagmill/shared/fields';
import { formatClock, instantOf, parseTime } from '@tagmill/shared/rules/instants';
import type { NormalRule } from '@tagmill/shared/rules/normal';
import type { Cell, Truth } from '@tagmill/shared/rules/reference';
import { nameSql, textSql } from '@tagmill/shared/rules/sql-literals';
import { castErrorSql, compileRules, readColumnSql, typeSql } from '@tagmill/shared/rules/sql';
import { indexLetters } from './index/index-letters.ts';

/** Which of the two encodings of instants the table uses. */
export type TimestampType = 'TIMESTAMP' | 'TIMESTAMP WITH TIME ZONE';

const STORED = { text: 'VARCHAR', double: 'DOUBLE', int64: 'BIGINT', local: 'TIMESTAMP' } as const;

/** DuckDB's type of a column as it is stored. */
export function storedTypeOf(field: CatalogField, timestamps: TimestampType): string {
  if (field.stored !== undefined) return STORED[field.stored];
  return field.type.kind === 'timestamp' ? timestamps : typeSql(field.type);
}

/** A time with offset as that of UTC; one without stays as it is. */
function withoutOffset(text: string): string {
  const time = parseTime(text);
  return time === null ? text : (formatClock(instantOf(time, 'UTC'), ' ') ?? text);
}

function cellSql(cell: Cell, type: string): string {
  if (cell === null || cell === undefined) return `CAST(NULL AS ${type})`;
  if (Array.isArray(cell)) {
    const items = (cell as readonly Cell[]).map((item) => cellSql(item, type.slice(0, -2)));
    return `CAST([${items.join(', ')}] AS ${type})`;
  }
  const text = typeof cell === 'number' && Object.is(cell, -0) ? '-0.0' : String(cell);
  return `CAST(${textSql(type === 'TIMESTAMP' ? withoutOffset(text) : text)} AS ${type})`;
}

/** Rows of one catalogue in a table. */
export interface RuleTable {
  /** Letters per rule and row, in the order given; `index`: as a shard of a run is evaluated. */
  evaluate(rules: readonly NormalRule[], clock: RunClock, engine?: 'sql' | 'index'): Promise<Truth[][]>;
  /** A query of the row's number and of these fields as declared, by name. */
  valuesSql(fields: readonly CatalogField[], clock: RunClock): string;
  /** A query of the rows as they are stored. */
  storedSql(): string;
  /** Cast errors of a field, by row. */
  castErrors(field: CatalogField, clock: RunClock): Promise<boolean[]>;
  drop(): Promise<void>;
}

type Rows = readonly Readonly<Record<string, Cell>>[];

/** A DuckDB in memory that holds such tables, one after the other or side by side. */
export class RuleTables {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  #made = 0;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  /** The zone of the session must not matter; tests set one that would be seen. */
  static async open(sessionZone = 'America/New_York'): Promise<RuleTables> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
    const connection = await instance.connect();
    await connection.run(`SET TimeZone = ${textSql(sessionZone)}`);
    return new RuleTables(instance, connection);
  }

  /** Loads rows; a cell that a row lacks is NULL. */
  async load(catalog: FieldCatalog, rows: Rows, timestamps: TimestampType = 'TIMESTAMP'): Promise<RuleTable> {
    const connection = this.#connection;
    this.#made += 1;
    const name = `stored_${this.#made}`;
    const types = catalog.fields.map((field) => storedTypeOf(field, timestamps));
    const columns = catalog.fields.map((field, index) => `, ${nameSql(field.name)} ${types[index]}`);
    await connection.run(`CREATE TABLE ${name} (row_number INTEGER${columns.join('')})`);
    await insertRows(connection, name, catalog, rows, types);
    const fieldSql = (field: CatalogField, clock: RunClock): string =>
      readColumnSql(field, storedTypeOf(field, timestamps), `${name}.${nameSql(field.name)}`, clock);
    return {
      async evaluate(rules, clock, engine = 'sql') {
        if (engine === 'index') {
          const source = { table: name, rows: rows.length, sqlOf: (field: CatalogField) => fieldSql(field, clock) };
          return await indexLetters(connection, source, rules, clock);
        }
        const query = rulesSql(rules, clock, name, (field) => fieldSql(field, clock));
        const [, ...letters] = (await connection.runAndReadAll(query)).getColumnsJS();
        return letters.map((column) => column.map((value): Truth => (value === true ? 'T' : value === false ? 'F' : 'U')));
      },
      valuesSql(fields, clock) {
        const values = fields.map((field) => `, ${fieldSql(field, clock)} AS ${nameSql(field.name)}`).join('');
        return `SELECT row_number${values} FROM ${name}`;
      },
      storedSql: () => `SELECT * EXCLUDE (row_number) FROM ${name}`,
      async castErrors(field, clock) {
        const sql = castErrorSql(field, storedTypeOf(field, timestamps), `${name}.${nameSql(field.name)}`, clock) ?? 'FALSE';
        const reader = await connection.runAndReadAll(`SELECT ${sql} FROM ${name} ORDER BY row_number`);
        return (reader.getColumnsJS()[0] ?? []).map((value) => value === true);
      },
      async drop() {
        await connection.run(`DROP TABLE ${name}`);
      },
    };
  }

  /** Runs queries over the tables. */
  with<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return work(this.#connection);
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

/** All rules in one query: columns read, then leaves, then tags. */
function rulesSql(rules: readonly NormalRule[], clock: RunClock, table: string, fieldSql: (field: CatalogField) => string): string {
  const compiled = compileRules(rules, clock, (field) => `v.${nameSql(field.name)}`);
  const read = compiled.leaves.flatMap(({ field, other }) => (other === undefined ? [field] : [field, other]));
  const fields = new Map(read.map((field) => [field.name, field]));
  const values = [...fields.values()].map((field) => `, ${fieldSql(field)} AS ${nameSql(field.name)}`).join('');
  const leaves = compiled.leaves.map((leaf) => `, ${leaf.sql} AS ${nameSql(leaf.id)}`).join('');
  const tags = compiled.tags.map((tag, index) => `, ${tag} AS tag${index}`).join('');
  const source = `SELECT row_number${values} FROM ${table}`;
  return `SELECT row_number${tags} FROM (SELECT row_number${leaves} FROM (${source}) AS v) ORDER BY row_number`;
}

async function insertRows(
  connection: DuckDBConnection,
  table: string,
  catalog: FieldCatalog,
  rows: readonly Readonly<Record<string, Cell>>[],
  types: readonly string[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += 500) {
    const tuples = rows.slice(start, start + 500).map((row, index) => {
      const cells = catalog.fields.map((field, at) => cellSql(row[field.name], types[at] ?? 'VARCHAR'));
      return `(${[start + index, ...cells].join(', ')})`;
    });
    await connection.run(`INSERT INTO ${table} VALUES ${tuples.join(', ')}`);
  }
}
