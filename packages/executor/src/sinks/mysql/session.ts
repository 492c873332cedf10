/** One connection of the sink. Rows come as arrays of bytes: nothing is parsed that need not be. */
import { Readable } from 'node:stream';
import type { MysqlTarget } from '@tagmill/shared/database-url';
import { failpoint } from '@tagmill/shared/failpoint';
import mysql from 'mysql2';

export type Cell = Buffer | null;

export interface Written {
  readonly affectedRows: number;
  readonly warnings: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A statement that takes longer hangs: the connection is cut and the batch redone. */
const STATEMENT_TIMEOUT_MS = 180_000;
/** Seconds that a batch waits for a row that somebody else has locked. */
export const LOCK_WAIT_S = 15;

const SETTINGS = `SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = ${LOCK_WAIT_S}, autocommit = 1`;

/** Values that a statement may hold: never objects, which the driver would spread into SQL. */
export type Value = string | number | Buffer | null;

export class Session {
  readonly #connection: mysql.Connection;
  #gone = false;
  /** Ends the statement under way when the connection goes: the driver does not tell every kind of command. */
  #failCurrent: ((error: Error) => void) | undefined;
  /** The server's number of this connection, by which it can be killed. */
  id = 0;
  /** Whether the server takes LOAD DATA LOCAL. */
  bulk = false;

  private constructor(connection: mysql.Connection) {
    this.#connection = connection;
  }

  /** Connects; rejects with the driver's error. */
  static async open(target: MysqlTarget): Promise<Session> {
    const connection = mysql.createConnection({
      host: target.host,
      port: target.port,
      user: target.user,
      password: target.password,
      database: target.database,
      charset: 'utf8mb4_bin',
      timezone: 'Z',
      supportBigNumbers: true,
      bigNumberStrings: true,
      dateStrings: true,
      rowsAsArray: true,
      typeCast: false,
      connectTimeout: CONNECT_TIMEOUT_MS,
      enableKeepAlive: true,
      flags: ['-FOUND_ROWS', '+LOCAL_FILES'],
    });
    const session = new Session(connection);
    // Without a listener the loss of an idle connection would end the process.
    connection.on('error', (error) => session.#lost(error));
    connection.on('end', () => session.#lost(connectionLost()));
    try {
      await new Promise<void>((resolve, reject) => {
        connection.connect((error) => (error === null ? resolve() : reject(error)));
      });
      await session.write(SETTINGS);
      await session.write('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
      const [row] = await session.rows('SELECT CONNECTION_ID(), @@local_infile');
      session.id = Number(String(row![0]));
      session.bulk = String(row![1]) === '1';
      failpoint('sink.session.open');
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** All rows of a query that gives few. */
  async rows(sql: string, values: readonly Value[] = []): Promise<Cell[][]> {
    const rows: Cell[][] = [];
    await this.each(sql, (row) => rows.push(row), values);
    return rows;
  }

  /** Each row as it arrives. */
  each(sql: string, onRow: (row: Cell[]) => void, values: readonly Value[] = []): Promise<void> {
    return this.#timed((resolve, reject) => {
      let failure: unknown;
      const query = this.#connection.query(sql, [...values]);
      query.on('result', (row: unknown) => {
        if (failure !== undefined) return;
        try {
          onRow(row as Cell[]);
        } catch (error) {
          // Thrown from here it would break the driver's parser; it is told when the answer has been read.
          failure = error;
        }
      });
      query.on('error', reject);
      query.on('end', () => (failure === undefined ? resolve() : reject(failure)));
    });
  }

  /** A statement that gives no rows. */
  write(sql: string, values: readonly Value[] = []): Promise<Written> {
    return this.#timed((resolve, reject) => {
      this.#connection.query(sql, [...values], (error, result) => (error === null ? resolve(written(result)) : reject(error)));
    });
  }

  /** LOAD DATA LOCAL from memory: the name in the statement is never opened. Chunks are made while the server takes those before. */
  load(sql: string, chunks: Iterable<Buffer>): Promise<Written> {
    return this.#timed((resolve, reject) => {
      const options = { sql, infileStreamFactory: () => Readable.from(chunks) };
      this.#connection.query(options, (error, result) => (error === null ? resolve(written(result)) : reject(error)));
    });
  }

  destroy(): void {
    this.#gone = true;
    this.#connection.destroy();
  }

  /** Ends the connection politely; never waits for a server that does not answer. */
  close(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#connection.end(() => this.#connection.destroy());
  }

  #lost(error: Error): void {
    this.#gone = true;
    this.#failCurrent?.(error);
  }

  #timed<T>(start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
    if (this.#gone) return Promise.reject(connectionLost());
    return new Promise<T>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#failCurrent = undefined;
      };
      const fail = (error: unknown): void => {
        settle();
        const thrown = error instanceof Error ? error : new Error(String(error));
        // A command that comes too late has no code, only this mark.
        if ('fatal' in thrown && thrown.fatal === true) this.#gone = true;
        reject('code' in thrown || !('fatal' in thrown) ? thrown : connectionLost(thrown));
      };
      const timer = setTimeout(() => {
        this.destroy();
        fail(Object.assign(new Error('the statement did not end in time'), { code: 'ETIMEDOUT' }));
      }, STATEMENT_TIMEOUT_MS);
      this.#failCurrent = fail;
      start((value) => {
        settle();
        resolve(value);
      }, fail);
    });
  }
}

const connectionLost = (cause?: Error): Error =>
  Object.assign(new Error('the connection to the database was lost', { cause }), { code: 'PROTOCOL_CONNECTION_LOST' });

function written(result: unknown): Written {
  const header = result as { affectedRows?: number; warningStatus?: number };
  return { affectedRows: header.affectedRows ?? 0, warnings: header.warningStatus ?? 0 };
}

/** A literal for text that has no place as a parameter: long lists of keys. */
export const quote = (text: string): string => mysql.escape(text);
