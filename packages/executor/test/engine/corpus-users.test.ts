/** The corpus' cases of several tables as the product reads them: Parquet, a plan, shards; whole and cut. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseLine, toCase, type UsersCase } from '@tagmill/shared/conformance/case';
import { type CaseWorld, caseWorld } from '@tagmill/shared/conformance/case-world';
import type { CatalogField, EventTable } from '@tagmill/shared/fields';
import type { PassJob, PlanResult } from '@tagmill/shared/job';
import { formatDay } from '@tagmill/shared/rules/calendar';
import { checkWholeRule } from '@tagmill/shared/rules/check';
import { dayOfValue } from '@tagmill/shared/rules/dates';
import type { WholeRule } from '@tagmill/shared/rules/normal';
import { wholeLeavesOf } from '@tagmill/shared/rules/reads';
import { readCell } from '@tagmill/shared/rules/values';
import { readsOfRules } from '@tagmill/shared/rules/wide/rule-reads';
import type { Row } from '@tagmill/shared/rules/wide/world';
import { expect, it } from 'vitest';
import { conformanceLines } from '../../../testkit/src/corpus.ts';
import { evaluateShard } from '../../src/engine/evaluate.ts';
import { planTables } from '../../src/engine/plan-tables.ts';
import { RuleTables } from '../../src/engine/rule-table.ts';
import { openTestEvaluator, passTag, scratch } from './fixtures.ts';
import { cutsOf, letters } from './wide-support.ts';

/** Stands for the data of the run before. */
const BEFORE = '0001-01-02';

/** Tags are another test's, since runs have more to bring for them. */
const isOurs = (rule: WholeRule): boolean => {
  const leaves = wholeLeavesOf(rule);
  return leaves.some((leaf) => 'kind' in leaf) && leaves.every((leaf) => !('kind' in leaf) || leaf.kind !== 'tag');
};

/** Writes the tables of a case as the product reads them. */
async function writeCase(item: UsersCase, seen: CaseWorld, dir: string, tables: RuleTables): Promise<void> {
  const { clock, catalog } = item;
  const write = async (path: string, fields: readonly CatalogField[], rows: readonly Row[]): Promise<void> => {
    const table = await tables.load({ fields }, rows);
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    await tables.with((connection) => connection.run(`COPY (${table.storedSql()}) TO '${join(dir, path)}' (FORMAT parquet)`));
    await table.drop();
  };
  const own = seen.users.filter((user) => Object.keys(seen.rowOf(user)).length > 1);
  await write(`users/dt=${clock.today}/x.parquet`, catalog.fields, own.map(seen.rowOf));
  for (const since of sinces(item)) {
    const rows = seen.earlierRows(since);
    if (rows.length > 0) await write(`users/dt=${since === 'previous' ? BEFORE : since}/x.parquet`, catalog.fields, rows);
  }
  for (const table of catalog.tables ?? []) await writeEvents(item, seen, table, write);
  const events = (catalog.tables ?? []).map(({ name, time, partitions }) => [name, { time, partitions }]);
  writeFileSync(join(dir, '_catalog.json'), JSON.stringify({ primary: 'users', events: Object.fromEntries(events) }));
}

const sinces = (item: UsersCase): string[] => [...new Set(readsOfRules([item.rule]).earlier.map(({ since }) => since))];

async function writeEvents(
  { clock }: UsersCase,
  seen: CaseWorld,
  table: EventTable,
  write: (path: string, fields: readonly CatalogField[], rows: readonly Row[]) => Promise<void>,
): Promise<void> {
  const data = seen.world.events(table.name);
  const rows = seen.users.flatMap((user) => data?.rowsOf(user) ?? []);
  const present = data?.present ?? false;
  const days = present === true ? [clock.today] : present === false ? [] : present;
  const time = table.columns.find(({ name }) => name === table.time)!;
  const dayOf = (row: Row): string | undefined => {
    const value = readCell(time, row[table.time], clock);
    return value === null ? undefined : formatDay(dayOfValue(time.type, value, clock));
  };
  for (const [at, day] of days.entries()) {
    const here = rows.filter((row) =>
      table.partitions === 'snapshot' ? true : days.includes(dayOf(row) ?? '') ? dayOf(row) === day : at === 0,
    );
    await write(`${table.name}/dt=${day}/x.parquet`, withKey(table), here);
  }
  // A partition that no rule asks for, so that the columns are known.
  await write(`${table.name}/dt=0001-01-01/x.parquet`, withKey(table), []);
}

const withKey = ({ name, columns }: EventTable): readonly CatalogField[] =>
  columns.some((column) => column.name === 'user_id')
    ? columns
    : [{ table: name, name: 'user_id', type: { kind: 'string' }, nullable: false }, ...columns];

it('every case of events, changes and populations gives its letters at 1, 2, 8 and 64 shards', async () => {
  const tables = await RuleTables.open();
  const wrong: string[] = [];
  let compared = 0;
  for (const { id, line, expect: wanted } of conformanceLines()) {
    const item = toCase(parseLine(line, 'last'));
    if (item.kind !== 'users') continue;
    const checked = checkWholeRule(item.rule, item.catalog);
    if (checked.rule === null || checked.runErrors !== undefined || !isOurs(checked.rule)) continue;
    const seen = caseWorld(item.source, item.catalog, item.clock);
    const { dir, remove } = scratch();
    const location = { kind: 'folder', path: join(dir, 'tables') } as const;
    try {
      mkdirSync(location.path);
      await writeCase(item, seen, location.path, tables);
      const evaluator = await openTestEvaluator(dir, location);
      const { windows, earlier } = readsOfRules([item.rule]);
      const reads = {
        timeZone: item.clock.zone,
        asOf: item.clock.asOf,
        windows,
        earlier: earlier.map(({ since, field }) => ({ since: since === 'previous' ? BEFORE : since, field })),
      };
      const request = { tables: location, shardRows: 1_000_000, businessDate: item.clock.today, reads };
      const plan = await planTables(evaluator, request);
      if (plan.faults.length > 0) wrong.push(`${id}: ${JSON.stringify(plan.faults)}`);
      for (const shards of [1, 2, 8, 64]) {
        const cuts = seen.users.length < 2 ? [] : cutsOf(seen.users, Math.min(shards, seen.users.length));
        const found = await letters(evaluator, jobOf(item, checked.rule, { ...plan, cuts }), evaluateShard);
        for (const [user, letter] of found) {
          compared += 1;
          const right = (wanted as { result: Record<string, string> }).result[user];
          if (letter !== right) wrong.push(`${id} at ${shards}: ${user} ${letter}, not ${right}`);
        }
        for (const user of seen.users)
          if (!found.has(user) && Object.keys(seen.rowOf(user)).length > 1) wrong.push(`${id}: ${user} is not evaluated`);
      }
      evaluator.close();
    } finally {
      await remove();
    }
  }
  tables.close();
  expect(wrong.slice(0, 20)).toEqual([]);
  expect(compared).toBeGreaterThan(500);
}, 300_000);

function jobOf(item: UsersCase, rule: WholeRule, plan: PlanResult): PassJob {
  const names = (item.catalog.tables ?? []).map(({ name }) => name);
  return {
    runId: 'run',
    pass: 1,
    location: { kind: 'folder', path: '' },
    businessDate: plan.businessDate,
    clock: item.clock,
    tables: plan.tables,
    events: names.map((name) => plan.events?.find((one) => one.name === name) ?? { name, runDay: plan.businessDate, days: [] }),
    earlier: (plan.earlier ?? []).map((one) => (one.since === BEFORE ? { ...one, since: 'previous' } : one)),
    catalog: item.catalog,
    keyType: plan.keyType,
    cuts: plan.cuts,
    users: { kind: 'all' },
    tags: [passTag(1, rule, { reads: ['users', ...names] })],
  };
}
