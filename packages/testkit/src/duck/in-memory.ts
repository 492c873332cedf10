import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** Runs `work` on a DuckDB in memory with so many threads and no bound but the machine's. */
export async function inMemory<T>(threads: number, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
