/**
 * Conditions on a user's place in the population become comparisons before a
 * pass is compiled: the bounds are read once from all rows of the pinned
 * objects, so every shard, executor and attempt finds the same. They are kept in
 * the cache by content, for the other processes of the machine and later runs.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { TagmillError } from '@tagmill/shared/errors';
import type { CatalogField, FieldType } from '@tagmill/shared/fields';
import type { PassJob, PlannedTable } from '@tagmill/shared/job';
import { formatDecimal, parseDecimal } from '@tagmill/shared/rules/decimals';
import type { PopulationLeaf, WholeRule } from '@tagmill/shared/rules/normal';
import { wholeLeavesOf } from '@tagmill/shared/rules/reads';
import { boundRule, placesOf } from '@tagmill/shared/rules/wide/bounds';
import { removeOld } from '../../sources/chunk-cache.ts';
import { keyCompare } from '../../sources/key-order.ts';
import { discardScans, finishScans, openScans, planScans } from '../../sources/materialize.ts';
import { identifier, mapEngineError } from '../duckdb.ts';
import type { Evaluator } from '../evaluator.ts';
import { readColumn } from '../leaf-sql.ts';
import { rowsSql } from '../scan-sql.ts';
import { mapRules, rulesOf } from './map-rules.ts';

/** Size of a population and its values at some places, as literals. */
export interface Bounds {
  readonly users: number;
  readonly values: Readonly<Record<string, string>>;
}

const LAYOUT_VERSION = 1;
/** Bounds that were written so long ago are forgotten. */
const KEEP_MS = 7 * 86_400_000;

const isRanked = (leaf: WholeRule): leaf is PopulationLeaf => 'kind' in leaf && leaf.kind === 'population';

/** The job without conditions on places. Errors: those of reading the tables. */
export async function resolvePopulations(evaluator: Evaluator, job: PassJob, signal?: AbortSignal): Promise<PassJob> {
  const leaves = new Map<string, PopulationLeaf[]>();
  for (const leaf of rulesOf(job).flatMap(wholeLeavesOf)) {
    if (!isRanked(leaf)) continue;
    const key = JSON.stringify(leaf.field);
    leaves.set(key, [...(leaves.get(key) ?? []), leaf]);
  }
  if (leaves.size === 0) return job;
  const bounds = new Map<string, Bounds>();
  for (const [key, own] of leaves) bounds.set(key, await boundsOf(evaluator, job, own, signal));
  return mapRules(job, (leaf) => {
    const found = isRanked(leaf) ? bounds.get(JSON.stringify(leaf.field)) : undefined;
    if (found === undefined || !isRanked(leaf)) return leaf;
    return boundRule(leaf, found.users, (place) => valueAt(found, place));
  });
}

function valueAt(bounds: Bounds, place: number): string {
  const value = bounds.values[place];
  if (value === undefined) throw new TagmillError('INTERNAL', `the value at place ${place} of ${bounds.users} was not read`);
  return value;
}

async function boundsOf(evaluator: Evaluator, job: PassJob, leaves: readonly PopulationLeaf[], signal?: AbortSignal): Promise<Bounds> {
  const { field } = leaves[0]!;
  const table = job.tables.find((one) => one.name === field.table);
  if (table === undefined)
    throw new TagmillError('TABLE_NO_DATA', `a tag of the pass reads ${field.table}, which the plan could not read`, {
      table: field.table,
    });
  const dir = join(evaluator.sortedDir, 'bounds');
  const file = join(dir, `${contentName(evaluator, job, table, leaves)}.json`);
  const known = await readBounds(file);
  if (known !== undefined) return known;
  evaluator.onPreparation?.(
    `reads the places of ${table.name}.${field.name} in the population, once for all shards, from ${table.rows} rows`,
  );
  const found = await compute(evaluator, job, table, leaves, signal).finally(() => evaluator.onPreparation?.(''));
  await mkdir(dir, { recursive: true });
  for (const name of await readdir(dir)) await removeOld(join(dir, name), KEEP_MS);
  const temporary = `${file}.${randomUUID()}.tmp`;
  await writeFile(temporary, JSON.stringify(found));
  await rename(temporary, file);
  return found;
}

function contentName(evaluator: Evaluator, job: PassJob, table: PlannedTable, leaves: readonly PopulationLeaf[]): string {
  const objects = table.objects.map((object) => [object.key, object.etag, object.sizeBytes]);
  const content = JSON.stringify([LAYOUT_VERSION, evaluator.store.place, job.keyType, job.clock.zone, objects, leaves]);
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

async function readBounds(file: string): Promise<Bounds | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Bounds;
  } catch (thrown) {
    if (thrown instanceof SyntaxError || (thrown instanceof Error && (thrown as NodeJS.ErrnoException).code === 'ENOENT')) return undefined;
    throw thrown;
  }
}

async function compute(
  evaluator: Evaluator,
  job: PassJob,
  table: PlannedTable,
  leaves: readonly PopulationLeaf[],
  signal?: AbortSignal,
): Promise<Bounds> {
  const { field } = leaves[0]!;
  const wish = { table, columns: [field.name], range: {} };
  const files = await openScans(evaluator.copies, wish, planScans(wish, keyCompare(job.keyType)), signal);
  if (files.length === 0) return { users: 0, values: {} };
  try {
    const rows = rowsSql({ table, keyType: job.keyType, range: {}, columns: [readColumn(field, job.clock)], leaves: [] }, files);
    const found = await evaluator.database.with(signal, (connection) => boundsOver(connection, rows, field, leaves));
    await finishScans(files);
    return found;
  } catch (thrown) {
    if (signal?.aborted === true) {
      await discardScans(files);
      throw thrown;
    }
    // A file that was changed under the engine's hands looks broken: that it changed is the truth of it.
    await finishScans(files);
    throw mapEngineError(thrown, table.name);
  }
}

/** Size and values over a query that has the field's column as declared. */
export async function boundsOver(
  connection: DuckDBConnection,
  rows: string,
  field: CatalogField,
  leaves: readonly PopulationLeaf[],
): Promise<Bounds> {
  const column = identifier(field.name);
  const counted = (await connection.runAndReadAll(`SELECT count(${column}) FROM (${rows})`)).getRows();
  const users = Number(counted[0]?.[0] ?? 0);
  const places = [...new Set(leaves.flatMap((leaf) => placesOf(leaf, users)))];
  if (places.length === 0) return { users, values: {} };
  const ranked = `SELECT ${column} AS v, row_number() OVER (ORDER BY ${column}) AS place FROM (${rows}) WHERE ${column} IS NOT NULL`;
  const found = await connection.runAndReadAll(`SELECT place, CAST(v AS VARCHAR) FROM (${ranked}) WHERE place IN (${places.join(', ')})`);
  return {
    users,
    values: Object.fromEntries(found.getRows().map(([place, text]) => [String(place), literalText(field.type, String(text))])),
  };
}

/** A value as the engine writes it, as an operand of a rule. */
function literalText(type: FieldType, text: string): string {
  switch (type.kind) {
    case 'double': {
      const bare = text.replace(/^([+-]?)inf$/i, '$1Infinity');
      return String(Number(bare));
    }
    case 'timestamp':
      return `${text.replace(' ', 'T')}Z`;
    case 'int64':
    case 'decimal': {
      const value = parseDecimal(text);
      if (value === null) throw new TagmillError('INTERNAL', `the engine gave "${text}" for a number`);
      return formatDecimal(value);
    }
    default:
      return text;
  }
}
