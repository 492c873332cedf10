/** Conditions on other tags, with every basis, over integer keys: against the reference, however the users are cut. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PassJob, PassTag, PlanResult, TagHolders, TablesLocation, UpstreamTag } from '@tagmill/shared/job';
import { checkWholeRule } from '@tagmill/shared/rules/check';
import type { WholeRule } from '@tagmill/shared/rules/normal';
import type { Truth } from '@tagmill/shared/rules/reference';
import { evaluateWhole } from '@tagmill/shared/rules/wide/evaluate';
import { linesOf } from '@tagmill/shared/value-set';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { evaluateShard } from '../../src/engine/evaluate.ts';
import type { Evaluator } from '../../src/engine/evaluator.ts';
import { planTables } from '../../src/engine/plan-tables.ts';
import { BUSINESS_DATE, openTestEvaluator, passJob, passTag, scratch } from './fixtures.ts';
import { writeParquet } from './parquet.ts';
import { letters, type RowsByUser, worldOf } from './wide-support.ts';

const numbers = Array.from({ length: 400 }, (_, n) => n - 20);
const inA = (n: number): boolean => n % 3 !== 0;
const inB = (n: number): boolean => n % 5 !== 0;
const a: RowsByUser = new Map(numbers.filter(inA).map((n) => [String(n), { n: n % 7 === 0 ? null : String(n) }]));
const b: RowsByUser = new Map(numbers.filter(inB).map((n) => [String(n), { m: String(n % 4) }]));

/** Tag 1 is evaluated over `a` in pass 1, tag 2 reads it and `b` in pass 2; 3 is stored; 4 has no result. */
const RULES: Readonly<Record<string, unknown>> = {
  1: { field: 'n', operator: '>', value: 100 },
  2: {
    logic: 'OR',
    conditions: [
      { operator: 'not_has_tag', value: 1 },
      { field: 'm', operator: '=', value: 3 },
    ],
  },
};
const BASIS: Readonly<Record<string, number>> = { 1: 1, 2: 2, 3: 0, 4: -1 };
const held: Readonly<Record<string, readonly number[]>> = { 1: [3, 6, 9, 150], 2: [5, 10, 15, 60], 3: [1, 2, 3, 200], 4: [7, 8] };
const manual: Readonly<Record<string, readonly number[]>> = { 1: [3], 2: [], 3: [2], 4: [8] };
const had = [11, 12, 300];

const TAGS: readonly unknown[] = [
  { operator: 'has_tag', value: 1 },
  { operator: 'not_has_tag', value: 1, missing: 'match' },
  { operator: 'has_tag', value: 2, missing: 'no_match' },
  { operator: 'has_tag', value: 3 },
  { operator: 'not_has_tag', value: 4 },
  { operator: 'not_has_tag', value: 4, missing: 'match' },
  { operator: 'had_tag_within', value: 1, days: 7 },
  { operator: 'had_tag_within', value: 1, days: 30 },
  {
    logic: 'AND',
    conditions: [
      { operator: 'has_tag', value: 2 },
      { field: 'n', operator: '<', value: 250 },
      { operator: 'not_has_tag', value: 3 },
    ],
  },
  {
    logic: 'AT_LEAST',
    k: 2,
    conditions: [
      { operator: 'has_tag', value: 1 },
      { operator: 'has_tag', value: 2 },
      { operator: 'has_tag', value: 3 },
    ],
  },
];

let dir: string;
let remove: () => Promise<void>;
let evaluator: Evaluator;
let location: TablesLocation;
let plan: PlanResult;

beforeAll(async () => {
  ({ dir, remove } = scratch());
  const tables = join(dir, 'tables');
  location = { kind: 'folder', path: tables };
  evaluator = await openTestEvaluator(dir, location);
  const rows = (own: RowsByUser, name: string): string =>
    `SELECT k::BIGINT AS user_id, v::BIGINT AS ${name} FROM (VALUES ${[...own].map(([k, row]) => `(${k}, ${row[name] ?? 'NULL'})`).join(', ')}) AS t(k, v)`;
  await writeParquet(tables, `a/dt=${BUSINESS_DATE}/x.parquet`, rows(a, 'n'));
  await writeParquet(tables, `b/dt=${BUSINESS_DATE}/x.parquet`, rows(b, 'm'));
  plan = await planTables(evaluator, { tables: location, shardRows: 1_000_000 });
});
afterAll(async () => {
  evaluator.close();
  await remove();
});

function ruleOf(rule: unknown): WholeRule {
  const tags = ['1', '2', '3', '4'].map((id) => ({ id, reads: [] }));
  const checked = checkWholeRule(rule, { ...plan.catalog, tags });
  if (checked.rule === null) throw new Error(JSON.stringify(checked.errors));
  return checked.rule;
}

const withBasis = (rule: WholeRule): WholeRule => {
  if ('logic' in rule) return { ...rule, conditions: rule.conditions.map(withBasis) };
  return 'kind' in rule && rule.kind === 'tag' && rule.operator !== 'had_tag_within' ? { ...rule, basis: BASIS[rule.tag]! } : rule;
};

/** A set of users where the workers look for it. */
function keep(users: readonly number[]): string {
  const text = linesOf(users.map(String).sort());
  const hash = createHash('sha256').update(text).digest('hex');
  mkdirSync(join(dir, 'cache/values'), { recursive: true });
  writeFileSync(join(dir, 'cache/values', hash), text);
  return hash;
}

function jobWith(tags: readonly PassTag[], cuts: readonly string[]): PassJob {
  const upstream: UpstreamTag[] = [
    { tag: '1', pass: 1, rule: withBasis(ruleOf(RULES['1'])), reads: ['a'], onlyUsers: [], onlyMatches: [] },
    { tag: '2', pass: 2, rule: withBasis(ruleOf(RULES['2'])), reads: ['b'], onlyUsers: [], onlyMatches: [] },
  ];
  const holders = Object.keys(BASIS).map((tag): TagHolders => {
    const own = { tag, held: keep(held[tag]!), manual: keep(manual[tag]!) };
    return tag === '1' ? { ...own, histories: [7, 30].map((days) => ({ days, had: keep(had), whole: days === 7 })) } : own;
  });
  const values = [...new Set(holders.flatMap((one) => [one.held, one.manual, ...(one.histories ?? []).map((own) => own.had)]))];
  return { ...passJob(location, { ...plan, cuts }, tags), upstream, holders, values };
}

const world = worldOf(
  { a, b },
  {
    tagState(tag, user): Truth {
      const n = Number(user);
      if (manual[tag]!.includes(n)) return 'T';
      if (tag === '4') return 'U';
      const evaluated = tag === '1' ? a.has(user) : tag === '2' ? a.has(user) || b.has(user) : false;
      if (evaluated && RULES[tag] !== undefined) return evaluateWhole(ruleOf(RULES[tag]), user, world);
      return held[tag]!.includes(n) ? 'T' : 'F';
    },
    history: () => undefined,
  },
);

/** What the reference would say with the set of those who had it. */
function expectedOf(rule: WholeRule, user: string): Truth {
  if ('kind' in rule && rule.operator === 'had_tag_within') {
    if (had.includes(Number(user))) return 'T';
    return 'days' in rule && rule.days === 7 ? 'F' : 'U';
  }
  return evaluateWhole(rule, user, world);
}

it('equal the reference at 1, 2, 8 and 64 shards', async () => {
  const rules = TAGS.map(ruleOf);
  const tags = rules.map((rule, at) => passTag(at + 10, withBasis(rule), { reads: ['a', 'b'] }));
  const everybody = numbers.filter((n) => inA(n) || inB(n)).map(String);
  const expected = new Map(everybody.map((user) => [user, rules.map((rule) => expectedOf(rule, user)).join('')]));
  for (const at of rules.keys()) expect([at, new Set([...expected.values()].map((own) => own[at])).size > 1]).toEqual([at, true]);
  for (const shards of [1, 2, 8, 64]) {
    const cuts = Array.from({ length: shards - 1 }, (_, at) => String(numbers[Math.floor(((at + 1) * numbers.length) / shards)]));
    expect(await letters(evaluator, jobWith(tags, cuts), evaluateShard)).toEqual(expected);
  }
});

it('a set that is not there any more is told', async () => {
  const tags = [passTag(10, withBasis(ruleOf(TAGS[3])), { reads: ['a'] })];
  const job = jobWith(tags, []);
  const lost = { ...job, values: ['0'.repeat(64)] };
  await expect(evaluateShard(evaluator, lost, 0)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
