/** Aggregates, changes and places in a population on generated tables, against the reference, however the users are cut. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CatalogField, EventTable, ScalarType } from '@tagmill/shared/fields';
import type { PassJob, PassTag, PlanResult, TablesLocation } from '@tagmill/shared/job';
import { checkWholeRule } from '@tagmill/shared/rules/check';
import { type Cell, compareValues, readCell, type Value } from '@tagmill/shared/rules/values';
import type { EventRows, World } from '@tagmill/shared/rules/wide/world';
import { readsOfRules } from '@tagmill/shared/rules/wide/rule-reads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startS3Server } from '../../../testkit/src/s3-server.ts';
import { evaluateShard, prefetchShard } from '../../src/engine/evaluate.ts';
import type { Evaluator } from '../../src/engine/evaluator.ts';
import { planTables } from '../../src/engine/plan-tables.ts';
import { BUSINESS_DATE, CLOCK, openTestEvaluator, passJob, passTag, scratch } from './fixtures.ts';
import { writeParquet } from './parquet.ts';
import { drawsOf, randomRule } from './wide-rules.ts';
import { cutsOf, letters, referenceLetters, type RowsByUser, rowsSql, worldOf } from './wide-support.ts';

type Row = Readonly<Record<string, Cell>>;

const USER_TYPES = { coins: 'BIGINT', worth: 'DECIMAL(20,8)', score: 'DOUBLE', opened: 'DATE', seen: 'TIMESTAMPTZ', level: 'VARCHAR' };
const TRADE_TYPES = { at: 'TIMESTAMPTZ', amount: 'DECIMAL(18,4)', pieces: 'BIGINT', coin: 'VARCHAR', rate: 'DOUBLE' };
const LOGIN_TYPES = { day: 'DATE', device: 'VARCHAR' };
/** 2026-11-20 has no partition of trades. */
const TRADE_DAYS = ['2026-10-31', '2026-11-17', '2026-11-18', '2026-11-19', '2026-11-21', '2026-11-22', '2026-11-23'];

let seed = 7;
const random = (below: number): number => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return (seed >>> 8) % below;
};
const some = <T>(value: T): T | null => (random(6) === 0 ? null : value);
const name = (n: number): string => `u${String(n).padStart(4, '0')}`;
const day = (n: number): string => `2026-${String(1 + (n % 12)).padStart(2, '0')}-${String(1 + (n % 28)).padStart(2, '0')}`;

const users: RowsByUser = new Map();
const before: RowsByUser = new Map();
const trades: { user: string; day: string; row: Row }[] = [];
const logins: { user: string; row: Row }[] = [];

function userRow(): Row {
  return {
    coins: some(String(random(40) - 5)),
    worth: some(`${random(9)}.${String(random(100)).padStart(2, '0')}`),
    score: some([0, -0, 1.5, -2.25, 1e300, Number.POSITIVE_INFINITY, Number.NaN][random(7)]!),
    opened: some(day(random(40))),
    seen: some(`2026-11-${String(10 + random(14)).padStart(2, '0')}T${String(random(24)).padStart(2, '0')}:30:00Z`),
    level: some(['A', 'B', 'Ä', ''][random(4)]!),
  };
}

for (let n = 0; n < 500; n += 1) {
  if (n % 9 !== 0) users.set(name(n), userRow());
  if (n % 4 !== 0) before.set(name(n), n % 3 === 0 && users.has(name(n)) ? users.get(name(n))! : userRow());
  for (let trade = 0; n % 5 !== 0 && trade < random(5); trade += 1) {
    const on = TRADE_DAYS[random(TRADE_DAYS.length)]!;
    const at = some(`${on}T${String(random(16)).padStart(2, '0')}:00:00.5Z`);
    const row = {
      at,
      amount: some(`${random(50) - 10}.${String(random(10_000)).padStart(4, '0')}`),
      pieces: some(String(random(7))),
      coin: some(['BTC', 'ETH', 'btc'][random(3)]!),
      rate: some([0, -0, 2.5, Number.NaN][random(4)]!),
    };
    trades.push({ user: name(n), day: on, row });
  }
  for (let login = 0; n % 7 !== 0 && login < random(4); login += 1)
    logins.push({ user: name(n), row: { day: some(`2026-11-${String(12 + random(14))}`), device: some(['ios', 'web'][random(2)]!) } });
}

const big = { field: 'amount', operator: '>', value: 5 };
const AGGREGATES = [
  { operator: 'count', table: 'trades', compare: '>=', value: 1, window: { last_days: 2 } },
  { operator: 'count', table: 'trades', compare: '=', value: 0, window: { days_ago: [3, 5] } },
  {
    operator: 'count',
    table: 'trades',
    field: 'coin',
    compare: 'in_range',
    value: [1, 2],
    window: { from: '2026-11-21', to: '2026-12-31' },
  },
  { operator: 'count', table: 'trades', compare: '>=', value: 1, window: { last_days: 3 }, missing: 'match' },
  { operator: 'count_distinct', table: 'trades', field: 'rate', compare: '=', value: 2, window: { last_days: 2 } },
  { operator: 'days_active', table: 'trades', compare: '!=', value: 1, window: { last_days: 2 } },
  { operator: 'sum', table: 'trades', field: 'amount', compare: '>', value: '7.25', window: { last_days: 2 } },
  { operator: 'sum', table: 'trades', field: 'pieces', compare: '=', value: 0, window: { days_ago: [3, 5] }, filter: big },
  { operator: 'avg', table: 'trades', field: 'amount', compare: '>=', value: '5.125', window: { last_days: 2 } },
  { operator: 'avg', table: 'trades', field: 'pieces', compare: 'not_in_range', value: [1.5, 3], window: { days_ago: [3, 5] } },
  { operator: 'min', table: 'trades', field: 'at', compare: '<', value: '2026-11-22', window: { last_days: 2 } },
  { operator: 'max', table: 'trades', field: 'amount', compare: 'in_range', value: [0, 10], window: { last_days: 2 }, missing: 'no_match' },
  { operator: 'max', table: 'trades', field: 'rate', compare: '=', value: 0, window: { days_ago: [3, 5] } },
  { operator: 'days_active', table: 'logins', compare: '>=', value: 2 },
  {
    operator: 'count',
    table: 'logins',
    compare: '>',
    value: 0,
    window: { period: 'this_week' },
    filter: { field: 'device', operator: 'in', value: ['ios'] },
  },
  { operator: 'min', table: 'logins', field: 'day', compare: '>=', value: '2026-11-20' },
  {
    logic: 'AND',
    conditions: [
      { field: 'coins', operator: '>', value: 10 },
      { logic: 'NOT', conditions: [{ operator: 'count', table: 'logins', compare: '=', value: 0 }] },
    ],
  },
];
const CHANGES = [
  { field: 'level', operator: 'changed_since', value: '2026-11-01' },
  { field: 'score', operator: 'changed_since', value: '2026-11-01', missing: 'match' },
  { field: 'seen', operator: 'changed_since', value: '2026-11-01' },
  { field: 'coins', operator: 'increased_by', value: 3, unit: 'amount', since: '2026-11-01' },
  { field: 'worth', operator: 'increased_by', value: '12.5', unit: 'percent', since: '2026-11-01' },
  { field: 'score', operator: 'increased_by', value: 50, unit: 'percent', since: '2026-11-01', missing: 'no_match' },
  { field: 'coins', operator: 'changed_since', value: 'previous' },
  { field: 'coins', operator: 'changed_since', value: '2026-11-02' },
];
const PLACES = [
  { field: 'coins', operator: 'top_n', value: 30 },
  { field: 'worth', operator: 'top_n', value: 7, order: 'asc' },
  { field: 'seen', operator: 'top_n', value: 100_000 },
  { field: 'opened', operator: 'percentile', compare: '<', value: 12.5 },
  { field: 'score', operator: 'percentile', compare: '>=', value: '33.333' },
  { field: 'seen', operator: 'percentile', compare: '<=', value: 50 },
  { field: 'coins', operator: 'ntile', tiles: 4, order: 'desc', value: 1 },
  { field: 'worth', operator: 'ntile', tiles: 10, order: 'asc', value: [2, 10, 5], missing: 'match' },
  { field: 'score', operator: 'ntile', tiles: 1_000, order: 'asc', value: [1, 500] },
  { logic: 'NOT', conditions: [{ field: 'opened', operator: 'ntile', tiles: 3, order: 'desc', value: [1, 2, 3] }] },
];

let dir: string;
let remove: () => Promise<void>;
let evaluator: Evaluator;
let location: TablesLocation;

beforeAll(async () => {
  ({ dir, remove } = scratch());
  const tables = join(dir, 'tables');
  location = { kind: 'folder', path: tables };
  evaluator = await openTestEvaluator(dir, location);
  await writeParquet(tables, `users/dt=${BUSINESS_DATE}/x.parquet`, rowsSql([...users], USER_TYPES));
  await writeParquet(tables, 'users/dt=2026-11-01/x.parquet', rowsSql([...before], USER_TYPES));
  for (const on of TRADE_DAYS) {
    const own = trades.filter((trade) => trade.day === on);
    await writeParquet(
      tables,
      `trades/dt=${on}/x.parquet`,
      rowsSql(
        own.map(({ user, row }) => [user, row]),
        TRADE_TYPES,
      ),
    );
  }
  await writeParquet(
    tables,
    `logins/dt=${BUSINESS_DATE}/x.parquet`,
    rowsSql(
      logins.map(({ user, row }) => [user, row]),
      LOGIN_TYPES,
    ),
  );
  const catalog = {
    primary: 'users',
    events: { trades: { time: 'at', partitions: 'daily' }, logins: { time: 'day', partitions: 'snapshot' } },
  };
  writeFileSync(join(tables, '_catalog.json'), JSON.stringify(catalog));
});
afterAll(async () => {
  evaluator.close();
  await remove();
});

function planFor(rules: readonly unknown[], zone = CLOCK.zone, own = evaluator, place = location): Promise<PlanResult> {
  const { windows, earlier } = readsOfRules(rules.map((rule) => JSON.stringify(rule)));
  const reads = { timeZone: zone, asOf: null, windows, earlier };
  return planTables(own, { tables: place, shardRows: 1_000_000, reads });
}

function tagsOf(rules: readonly unknown[], plan: PlanResult): PassTag[] {
  return rules.map((rule, at) => {
    const checked = checkWholeRule(rule, plan.catalog);
    if (checked.rule === null) throw new Error(JSON.stringify([rule, checked.errors]));
    const tag = passTag(at + 1, checked.rule);
    return JSON.stringify(rule).includes('"table"') ? { ...tag, reads: [...new Set([...tag.reads, 'users'])].sort() } : tag;
  });
}

function world(): World {
  const populations = new Map<string, Value[]>();
  return worldOf(
    { users },
    {
      earlierValue: (since, user, field) => (since === '2026-11-01' ? readCell(field, before.get(user)?.[field.name], CLOCK) : null),
      events: (table): EventRows =>
        table === 'trades'
          ? // The reference looks at no partition: what lies beyond today is not read by a run of today.
            {
              present: TRADE_DAYS,
              rowsOf: (user) => trades.filter((one) => one.user === user && one.day <= BUSINESS_DATE).map((one) => one.row),
            }
          : { present: true, rowsOf: (user) => logins.filter((one) => one.user === user).map((one) => one.row) },
      population(field) {
        const known = populations.get(field.name) ?? presentValues(field);
        populations.set(field.name, known);
        return known;
      },
    },
  );
}

const presentValues = (field: CatalogField): Value[] =>
  [...users.values()]
    .map((row) => readCell(field, row[field.name], CLOCK))
    .filter((value) => value !== null)
    .sort((a, b) => compareValues(field.type as ScalarType, a, b));

async function equalAtAllCuts(rules: readonly unknown[]): Promise<void> {
  const expected = await equalToReference(rules, [1, 2, 8, 64]);
  rules.forEach((rule, at) => {
    const seen = new Set([...expected.values()].map((own) => own[at]).filter((letter) => letter !== '-'));
    if (!CONSTANT.has(JSON.stringify(rule))) expect([JSON.stringify(rule), seen.size > 1]).toEqual([JSON.stringify(rule), true]);
  });
}

/** The reference's letters, which are those of a run cut into so many shards. */
async function equalToReference(rules: readonly unknown[], cuts: readonly number[]): Promise<ReadonlyMap<string, string>> {
  const plan = await planFor(rules);
  expect(plan.faults).toEqual([]);
  const tags = tagsOf(rules, plan);
  const inDays = (table: string): RowsByUser => {
    const rows = table === 'trades' ? trades.filter((one) => one.day <= BUSINESS_DATE) : logins;
    return new Map(rows.map(({ user, row }) => [user, row]));
  };
  const expected = referenceLetters(tags, { users, trades: inDays('trades'), logins: inDays('logins') }, world());
  const all = [...new Set([...users.keys(), ...expected.keys()])];
  for (const shards of cuts) {
    const job = {
      ...passJob(location, { ...plan, cuts: cutsOf(all, shards) }, tags),
      ...(plan.events === undefined ? {} : { events: plan.events }),
      ...(plan.earlier === undefined ? {} : { earlier: plan.earlier }),
    };
    const found = await letters(evaluator, job, evaluateShard);
    const differ = [...found].filter(([user, own]) => !same(own, expected.get(user))).map(([user, own]) => [user, own, expected.get(user)]);
    const wrong = differ.flatMap(([, own, other]) => [...own!].flatMap((letter, at) => (letter === other?.[at] ? [] : [at])));
    expect(wrong.length === 0 ? [] : [JSON.stringify(rules[wrong[0]!]), differ[0]]).toEqual([]);
    // Everybody in the table of users is evaluated for every tag.
    for (const user of users.keys()) expect([user, found.get(user)]).toEqual([user, expected.get(user)]);
    if (rules === CHANGES || rules === PLACES) expect(found.size).toBe(expected.size);
  }
  return expected;
}

/** What is not there, a day of events or earlier data, is unknown for everybody. */
const CONSTANT = new Set([AGGREGATES[3], CHANGES[6], CHANGES[7]].map((rule) => JSON.stringify(rule)));

/** A user of an event table is evaluated where a partition that the tag reads has them; the reference knows no partitions. */
const same = (found: string, expected: string | undefined): boolean =>
  expected !== undefined && found.length === expected.length && [...found].every((letter, at) => letter === '-' || letter === expected[at]);

describe('rules that read more than the user’s row', () => {
  it('aggregates equal the reference', async () => {
    await equalAtAllCuts(AGGREGATES);
  });

  it('changes equal the reference', async () => {
    await equalAtAllCuts(CHANGES);
  });

  it('places in the population equal the reference', async () => {
    await equalAtAllCuts(PLACES);
  });

  it('random rules equal the reference', async () => {
    const seed = Number(process.env['TAGMILL_SEED'] ?? 1);
    const draw = drawsOf(seed);
    const plan = await planFor(AGGREGATES.concat(CHANGES as never[]));
    const rules = Array.from({ length: 200 }, () => randomRule(draw)).filter((rule) => checkWholeRule(rule, plan.catalog).rule !== null);
    expect(rules.length).toBeGreaterThan(130);
    for (let at = 0; at < rules.length; at += 60) await equalToReference(rules.slice(at, at + 60), [1, 5]);
  });

  it('a population is everybody, also for a few users', async () => {
    const plan = await planFor(PLACES);
    const tags = tagsOf(PLACES, plan);
    const expected = referenceLetters(tags, { users }, world());
    const few = [...users.keys()].filter((_, at) => at % 50 === 0);
    const job = passJob(location, plan, tags, { kind: 'list', users: few });
    const found = await letters(evaluator, job, evaluateShard);
    expect([...found.keys()]).toEqual(few);
    for (const [user, own] of found) expect([user, own]).toEqual([user, expected.get(user)]);
  });

  it('places in the population are read once, and that is told while it lasts', async () => {
    const plan = await planFor(PLACES);
    const job = passJob(location, { ...plan, cuts: cutsOf([...users.keys()], 4) }, tagsOf(PLACES, plan));
    const told: string[] = [];
    const own = await openTestEvaluator(join(dir, 'places'), location, undefined, 1, { onPreparation: (text) => told.push(text) });
    try {
      await evaluateShard(own, job, 0);
      expect(told.filter((text) => text !== '').every((text) => /^reads the places of users\.\w+ in the population/.test(text))).toBe(true);
      expect(told.length).toBeGreaterThan(1);
      expect(told.at(-1)).toBe('');
      const before = told.length;
      await evaluateShard(own, job, 1);
      expect(told).toHaveLength(before);
    } finally {
      own.close();
    }
  });

  it('large tables in no order are sorted once, with the same results', async () => {
    const rules = [...AGGREGATES, ...CHANGES, ...PLACES];
    const plan = await planFor(rules);
    const tags = tagsOf(rules, plan);
    const { events, earlier } = plan;
    const job = {
      ...passJob(location, { ...plan, cuts: cutsOf([...users.keys()], 8) }, tags),
      ...(events === undefined ? {} : { events }),
      ...(earlier === undefined ? {} : { earlier }),
    };
    const plain = await letters(evaluator, job, evaluateShard);
    const sorted: string[] = [];
    const own = await openTestEvaluator(join(dir, 'sorting'), location, undefined, 1, {
      sortRows: 10,
      onPreparation: (text) => sorted.push(...(/^sorts (\w+) by user/.exec(text)?.slice(1) ?? [])),
    });
    try {
      expect(await letters(own, { ...job }, evaluateShard)).toEqual(plain);
      expect([...new Set(sorted)].sort()).toEqual(['logins', 'trades', 'users']);
    } finally {
      own.close();
    }
  });

  it('from S3 they are the same, the declaration beside the tables too', async () => {
    const rules = [...AGGREGATES, ...CHANGES, ...PLACES];
    const jobOf = (place: TablesLocation, plan: PlanResult): PassJob => ({
      ...passJob(place, { ...plan, cuts: cutsOf([...users.keys()], 3) }, tagsOf(rules, plan)),
      events: plan.events ?? [],
      earlier: plan.earlier ?? [],
    });
    const local = await letters(evaluator, jobOf(location, await planFor(rules)), evaluateShard);
    const server = await startS3Server();
    await server.createBucket('data');
    await server.upload('data', 'some/place', join(dir, 'tables'));
    const place: TablesLocation = { kind: 's3', bucket: 'data', prefix: 'some/place', endpoint: server.endpoint };
    const own = await openTestEvaluator(join(dir, 's3'), place, { credentials: server.credentials, backoffMs: 1 });
    try {
      const job = jobOf(place, await planFor(rules, CLOCK.zone, own, place));
      await prefetchShard(own, job, 1);
      expect(await letters(own, job, evaluateShard)).toEqual(local);
    } finally {
      own.close();
      await server.stop();
    }
  });

  it('pins the days of the windows and no others', async () => {
    const plan = await planFor([AGGREGATES[1], AGGREGATES[13]]);
    expect(plan.events?.map(({ name: table, days }) => [table, days.map((one) => one.day)])).toEqual([
      ['logins', [BUSINESS_DATE]],
      ['trades', ['2026-11-17', '2026-11-18', '2026-11-19']],
    ]);
    expect(plan.catalog.tables?.map((table: EventTable) => [table.name, table.time, table.partitions])).toEqual([
      ['logins', 'day', 'snapshot'],
      ['trades', 'at', 'daily'],
    ]);
    expect(plan.catalog.fields.every(({ table }) => table === 'users')).toBe(true);
  });
});
