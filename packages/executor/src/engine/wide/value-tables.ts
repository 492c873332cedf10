/** Sets of values as tables of the engine, for conditions that look in them. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DuckDBConnection } from '@duckdb/node-api';
import { TagmillError } from '@tagmill/shared/errors';
import { valueTable } from '@tagmill/shared/rules/operators/in-list';
import { piecesOf, valuesOf } from '@tagmill/shared/value-set';
import type { PassJob } from '@tagmill/shared/job';
import type { Evaluator } from '../evaluator.ts';

/** Sets that stay in the engine after the pass that needed them. */
const KEPT = 8;
const KINDS = ['string', 'int64'] as const;

const loaded = new WeakMap<Evaluator, Map<string, Promise<void>>>();

/** A relation of `v`: the users of a set, whatever its pieces. */
export function setSql(set: string, keyType: PassJob['keyType']): string {
  const [first = '', ...others] = piecesOf(set).map((hash) => valueTable(hash, keyType));
  return others.length === 0 ? first : `(${[first, ...others].map((table) => `SELECT v FROM ${table}`).join(' UNION ALL ')})`;
}

/** Loads what the job needs. Errors: NOT_FOUND when a set is not there. */
export async function loadValues(evaluator: Evaluator, job: PassJob, signal?: AbortSignal): Promise<void> {
  const own = loaded.get(evaluator) ?? new Map<string, Promise<void>>();
  loaded.set(evaluator, own);
  const wanted = job.values ?? [];
  for (const hash of wanted) {
    const loading = own.get(hash) ?? load(evaluator, hash, signal);
    own.delete(hash);
    own.set(hash, loading);
    loading.catch(() => own.delete(hash));
    await loading;
  }
  for (const hash of own.keys()) {
    if (own.size <= Math.max(KEPT, wanted.length)) break;
    own.delete(hash);
    await evaluator.database.with(signal, async (connection) => {
      for (const kind of KINDS) await connection.run(`DROP TABLE IF EXISTS ${valueTable(hash, kind)}`);
    });
  }
}

async function load(evaluator: Evaluator, hash: string, signal?: AbortSignal): Promise<void> {
  const path = join(evaluator.sortedDir, '..', 'values', hash);
  await evaluator.database.with(signal, async (connection) => {
    await fill(connection, valueTable(hash, 'string'), path, hash);
    const [text, number] = KINDS.map((kind) => valueTable(hash, kind));
    const integers = `SELECT TRY_CAST(v AS BIGINT) AS v FROM ${text} WHERE TRY_CAST(v AS BIGINT) IS NOT NULL`;
    await connection.run(`CREATE OR REPLACE TABLE ${number} AS ${integers}`);
  });
}

/** Line by line: a set may hold every user. */
async function fill(connection: DuckDBConnection, table: string, path: string, hash: string): Promise<void> {
  await connection.run(`CREATE OR REPLACE TABLE ${table} (v VARCHAR)`);
  const appender = await connection.createAppender(table.slice(1, -1));
  try {
    for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })) {
      for (const value of valuesOf(line)) {
        appender.appendVarchar(value);
        appender.endRow();
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof Error) || (thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    const message = `the values of an uploaded list that the run has pinned are not kept any more (${hash.slice(0, 12)}); run the tags again`;
    throw new TagmillError('NOT_FOUND', message, { hash }, thrown);
  } finally {
    appender.closeSync();
  }
}
