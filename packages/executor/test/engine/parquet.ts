/** Small Parquet files for tests. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** Writes the rows of a query to `<dir>/<path>`; `options` are those of COPY. */
export async function writeParquet(dir: string, path: string, sql: string, options = ''): Promise<void> {
  const file = join(dir, path);
  mkdirSync(dirname(file), { recursive: true });
  await query(`COPY (${sql}) TO '${file.replaceAll("'", "''")}' (FORMAT parquet${options})`);
}

/** Rows of a query over a new database. */
export async function query(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
