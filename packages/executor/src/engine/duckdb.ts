/** One in-memory DuckDB per evaluator: bounded, without extensions, network or files beyond its folders. */
import { mkdir } from 'node:fs/promises';
import { TagmillError } from '@tagmill/shared/errors';
import { type DuckDBConnection, type DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';

/** For who reads with the engine and is no part of it. */
export type Connection = DuckDBConnection;

export interface DuckDbOptions {
  readonly threads: number;
  readonly memoryBytes: number;
  /** Sorts that pass the memory spill here. */
  readonly tempDir: string;
  readonly tempBytes: number;
  /** Folders whose files may be read and written; nothing else may. */
  readonly folders: readonly string[];
}

const MEBIBYTE = 1024 * 1024;
const INTERRUPT_AGAIN_MS = 20;

/** Text as a SQL literal. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
/** A name as a SQL identifier. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export class DuckDb {
  readonly #instance: DuckDBInstance;
  readonly #idle: DuckDBConnection[] = [];

  private constructor(instance: DuckDBInstance) {
    this.#instance = instance;
  }

  /** Errors: DISK_FULL, INTERNAL when the engine cannot start. */
  static async open(options: DuckDbOptions): Promise<DuckDb> {
    await mkdir(options.tempDir, { recursive: true });
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(options.threads),
      memory_limit: `${Math.max(64, Math.floor(options.memoryBytes / MEBIBYTE))}MiB`,
      temp_directory: options.tempDir,
      max_temp_directory_size: `${Math.max(1, Math.floor(options.tempBytes / MEBIBYTE))}MiB`,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    // The order matters: folders first, then no other access, then no way back.
    await connection.run(`SET allowed_directories = [${options.folders.map(literal).join(', ')}]`);
    await connection.run("SET TimeZone = 'UTC'");
    await connection.run('SET enable_external_file_cache = false');
    await connection.run('SET enable_progress_bar = false');
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    const database = new DuckDb(instance);
    database.#idle.push(connection);
    return database;
  }

  /**
   * Runs `work` with a connection of its own; an abort interrupts its query.
   * Errors: what `work` throws, the signal's reason when it was aborted.
   */
  async with<T>(signal: AbortSignal | undefined, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const connection = this.#idle.pop() ?? (await this.#instance.connect());
    let again: NodeJS.Timeout | undefined;
    const interrupt = (): void => {
      connection.interrupt();
      // A query that was about to start does not notice: it is told until it ends.
      again = setInterval(() => connection.interrupt(), INTERRUPT_AGAIN_MS);
    };
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      const result = await work(connection);
      signal?.throwIfAborted();
      return result;
    } catch (thrown) {
      signal?.throwIfAborted();
      throw thrown;
    } finally {
      clearInterval(again);
      signal?.removeEventListener('abort', interrupt);
      this.#idle.push(connection);
    }
  }

  close(): void {
    for (const connection of this.#idle) connection.closeSync();
    this.#instance.closeSync();
  }
}

/** The one chunk of a query that gives one row. */
export async function oneRow(connection: DuckDBConnection, sql: string): Promise<DuckDBDataChunk> {
  const result = await connection.run(sql);
  const chunk = await result.fetchChunk();
  if (chunk === null || chunk.rowCount !== 1) throw new TagmillError('INTERNAL', `expected one row, got ${chunk?.rowCount ?? 0}`);
  return chunk;
}

/**
 * What an error of the engine means while it read `table`: out of memory, disk
 * full, or a file that cannot be read.
 */
export function mapEngineError(thrown: unknown, table: string): TagmillError {
  if (thrown instanceof TagmillError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (/out of memory/i.test(message) && !/temp(orary)? directory|No space left/i.test(message)) {
    return new TagmillError(
      'OUT_OF_MEMORY',
      `reading ${table} passed the memory limit; give the executor more, or use smaller shards`,
      { table },
      thrown,
    );
  }
  if (/No space left|max_temp_directory_size|failed to offload|disk (is )?full/i.test(message)) {
    return new TagmillError(
      'DISK_FULL',
      `no space is left for temporary data while reading ${table}; free some or set another folder`,
      { table },
      thrown,
    );
  }
  if (/^(Binder|Catalog|Parser|Syntax|INTERNAL|Internal|Permission|Not implemented)/i.test(message)) {
    return new TagmillError('INTERNAL', `the query over ${table} failed: ${message}`, { table }, thrown);
  }
  return new TagmillError('TABLE_UNREADABLE', `${table} cannot be read: ${firstLine(message)}; write its files again`, { table }, thrown);
}

const firstLine = (message: string): string => message.split('\n', 1)[0]!.slice(0, 300);
