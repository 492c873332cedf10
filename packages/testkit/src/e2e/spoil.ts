/** Copies of the fixtures' tables with one thing wrong. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { FIXTURES } from './command.ts';

export const DATE = '2026-11-22';

export interface Tables {
  readonly path: string;
  /** Folder of a table's files of the date. */
  folder(table: string): string;
  /** Its data files, in order of their names. */
  files(table: string): string[];
  [Symbol.dispose](): void;
}

/** A copy of the tables of the date, to be spoilt. */
export function copyTables(): Tables {
  const path = mkdtempSync(join(tmpdir(), 'tagmill-tables-'));
  for (const table of readdirSync(join(FIXTURES, 'tables')))
    cpSync(join(FIXTURES, 'tables', table, `dt=${DATE}`), join(path, table, `dt=${DATE}`), { recursive: true });
  const folder = (table: string): string => join(path, table, `dt=${DATE}`);
  return {
    path,
    folder,
    files: (table) =>
      readdirSync(folder(table))
        .filter((name) => name.startsWith('part-'))
        .sort()
        .map((name) => join(folder(table), name)),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Cuts the end off, with the footer in it. */
export function truncate(file: string): void {
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length / 2)));
}

/** Overwrites the pages and leaves the footer whole. */
export function scramble(file: string): void {
  const bytes = readFileSync(file);
  const footerBytes = bytes.readUInt32LE(bytes.length - 8) + 8;
  bytes.fill(0xff, 4, bytes.length - footerBytes);
  writeFileSync(file, bytes);
}

/** Writes a file anew with what `select` makes of its rows. */
export async function rewrite(file: string, select: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const source = `read_parquet('${file}', hive_partitioning = false)`;
    await connection.run(`CREATE TABLE t AS ${select.replaceAll('TABLE', source)}`);
    await connection.run(`COPY t TO '${file}' (FORMAT parquet)`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
