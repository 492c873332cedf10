/** Single expressions in DuckDB, for tests. */
import { DuckDBInstance } from '@duckdb/node-api';

/** What each expression over column `t` (TIMESTAMP) gives for each text, as text; null for NULL. */
export async function overTimestamps(texts: readonly string[], expressions: readonly string[]): Promise<(string | null)[][]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'America/New_York'");
    const values = texts.map((text, index) => `(${index}, TIMESTAMP '${text}')`);
    await connection.run(`CREATE TABLE times AS SELECT * FROM (VALUES ${values.join(', ')}) AS v(n, t)`);
    const columns: (string | null)[][] = [];
    for (const expression of expressions) {
      const reader = await connection.runAndReadAll(`SELECT CAST(${expression} AS VARCHAR) FROM times ORDER BY n`);
      columns.push((reader.getColumnsJS()[0] ?? []).map((value) => (value === null ? null : String(value))));
    }
    return columns;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** What DuckDB's `lower` makes of each code point, as code point; every one must give exactly one. */
export async function lowerOf(points: readonly number[]): Promise<number[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  try {
    const lowered = `SELECT lower(chr(p)) AS l FROM (SELECT unnest([${points.join(', ')}]) AS p)`;
    const reader = await connection.runAndReadAll(`SELECT CASE WHEN length(l) = 1 THEN unicode(l) ELSE -1 END FROM (${lowered})`);
    return (reader.getColumnsJS()[0] ?? []).map(Number);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
