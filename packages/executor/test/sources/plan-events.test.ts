/** Event tables in a plan: what harms the tables of users must not, and the reverse. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlanReads, PlanResult } from '@tagmill/shared/job';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTestEvaluator, scratch } from '../engine/fixtures.ts';
import { writeParquet } from '../engine/parquet.ts';
import { planTables } from '../../src/engine/plan-tables.ts';

const DAY = '2026-11-22';
let dir: string;
let tables: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ dir, remove } = scratch());
  tables = join(dir, 'tables');
  mkdirSync(tables);
  await writeParquet(tables, `users/dt=${DAY}/x.parquet`, "SELECT 'u1' AS user_id, 1 AS n");
});
afterEach(() => remove());

const declare = (events: Readonly<Record<string, unknown>>): void =>
  writeFileSync(join(tables, '_catalog.json'), JSON.stringify({ events }));

async function planOf(reads: Partial<PlanReads> = {}): Promise<PlanResult> {
  const location = { kind: 'folder', path: tables } as const;
  const evaluator = await openTestEvaluator(dir, location);
  const own = { timeZone: 'UTC', asOf: null, windows: [], earlier: [], ...reads };
  try {
    return await planTables(evaluator, { tables: location, shardRows: 1_000, businessDate: DAY, reads: own });
  } finally {
    evaluator.close();
  }
}

const event = "SELECT unnest(['u1', 'u1', 'u2']) AS user_id, DATE '2026-11-22' AS day";

it('an event table may have several rows a user and lack the day', async () => {
  await writeParquet(tables, 'trades/dt=2026-11-20/x.parquet', event);
  declare({ trades: { time: 'day', partitions: 'snapshot' } });
  const plan = await planOf({ windows: [{ table: 'trades', window: null }] });
  expect(plan.faults).toEqual([]);
  expect(plan.events).toEqual([{ name: 'trades', runDay: DAY, days: [] }]);
  expect(plan.catalog.tables?.[0]?.columns.map(({ name }) => name)).toEqual(['user_id', 'day']);
  expect(plan.tables.map(({ name }) => name)).toEqual(['users']);
});

it('what is wrong with an event table is its own fault', async () => {
  await writeParquet(tables, `keys/dt=${DAY}/x.parquet`, "SELECT 7::BIGINT AS user_id, DATE '2026-11-22' AS day");
  await writeParquet(tables, `times/dt=${DAY}/x.parquet`, "SELECT 'u1' AS user_id, 'x' AS day");
  await writeParquet(tables, `none/dt=${DAY}/x.parquet`, "SELECT 'u1' AS user_id, 1 AS n");
  mkdirSync(join(tables, `torn/dt=${DAY}`), { recursive: true });
  writeFileSync(join(tables, `torn/dt=${DAY}/x.parquet`), 'PAR1 and then nothing');
  const kind = { time: 'day', partitions: 'snapshot' };
  declare({ keys: kind, times: kind, none: kind, torn: kind, gone: kind });
  const plan = await planOf();
  expect(plan.tables.map(({ name }) => name)).toEqual(['users']);
  expect(plan.events).toBeUndefined();
  expect(plan.faults.map(({ table, code }) => [table, code])).toEqual([
    ['gone', 'TABLE_NO_DATA'],
    ['keys', 'TABLE_NO_KEY'],
    ['none', 'TABLE_UNREADABLE'],
    ['times', 'TABLE_UNREADABLE'],
    ['torn', 'TABLE_UNREADABLE'],
  ]);
  expect(plan.faults[3]?.message).toBe('the column of time of times is day by _catalog.json, but it is string');
});

it('earlier data that cannot be read is a note', async () => {
  mkdirSync(join(tables, 'users/dt=2026-11-21'), { recursive: true });
  writeFileSync(join(tables, 'users/dt=2026-11-21/x.parquet'), 'no table');
  const plan = await planOf({
    earlier: ['2026-11-20', '2026-11-21', 'previous'].map((since) => ({ since, field: 'n' })),
  });
  expect(plan.faults).toEqual([]);
  expect(plan.earlier).toEqual(['2026-11-20', '2026-11-21', 'previous'].map((since) => ({ since, tables: [] })));
  expect(plan.notes).toHaveLength(3);
  expect(plan.notes.every((note) => note.endsWith('changes of it since then are unknown'))).toBe(true);
});
