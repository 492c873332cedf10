import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DuckDb, mapEngineError } from '../../src/engine/duckdb.ts';
import { scratch } from './fixtures.ts';
import { writeParquet } from './parquet.ts';

const MEBIBYTE = 1024 * 1024;
let dir: string;
let remove: () => Promise<void>;
let database: DuckDb;
beforeEach(async () => {
  ({ dir, remove } = scratch());
  await writeParquet(dir, 'allowed/x.parquet', 'SELECT 1 AS n');
  await writeParquet(dir, 'other/x.parquet', 'SELECT 2 AS n');
  database = await DuckDb.open({
    threads: 1,
    memoryBytes: 64 * MEBIBYTE,
    tempDir: join(dir, 'temp'),
    tempBytes: MEBIBYTE,
    folders: [join(dir, 'allowed')],
  });
});
afterEach(async () => {
  database.close();
  await remove();
});

const run = (sql: string, signal?: AbortSignal): Promise<unknown[][]> =>
  database.with(signal, async (connection) => (await connection.runAndReadAll(sql)).getRows());

describe('the engine', () => {
  it('reads its folders and nothing else', async () => {
    expect(await run(`SELECT n FROM '${dir}/allowed/x.parquet'`)).toEqual([[1]]);
    await expect(run(`SELECT n FROM '${dir}/other/x.parquet'`)).rejects.toThrow(/Permission/);
    await expect(run(`SELECT n FROM '${dir}/allowed/../other/x.parquet'`)).rejects.toThrow(/Permission/);
    await expect(run(`COPY (SELECT 1) TO '${dir}/out.csv'`)).rejects.toThrow(/Permission/);
  });

  it('cannot be opened up again, and takes no extensions', async () => {
    await expect(run('SET enable_external_access = true')).rejects.toThrow();
    await expect(run("SET memory_limit = '8GB'")).rejects.toThrow(/locked/);
    await expect(run('INSTALL httpfs')).rejects.toThrow();
    await expect(run("ATTACH 'x.db'")).rejects.toThrow();
  });

  it('stays within its memory and says so', async () => {
    const sql = "SELECT len(list(hash(range)::VARCHAR || repeat('x', 50))) FROM range(5000000)";
    const failed = await run(sql).then(
      () => undefined,
      (thrown: unknown) => mapEngineError(thrown, 't'),
    );
    expect(['OUT_OF_MEMORY', 'DISK_FULL']).toContain(failed?.code);
    expect(failed?.facts).toEqual({ table: 't' });
    expect(await run('SELECT 1')).toEqual([[1]]);
  });

  it('stops a running query when it is told to', async () => {
    const stop = new AbortController();
    setImmediate(() => stop.abort(new Error('stopped')));
    await expect(
      run('SELECT count(*) FROM range(100000) a, range(100000) b WHERE hash(a.range, b.range) = 1', stop.signal),
    ).rejects.toThrow('stopped');
  });
});
