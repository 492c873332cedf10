/** Leaves that read more than the user's row over the tables of a case: the SQL that passes use, over rows that are given. */
import type { CaseWorld } from '@tagmill/shared/conformance/case-world';
import type { CatalogField } from '@tagmill/shared/fields';
import { KEY_FIELD } from '@tagmill/shared/rules/key-leaves';
import { dayLiteral } from '@tagmill/shared/rules/literals';
import type { AggregateLeaf, ChangeLeaf, NormalRule, PopulationLeaf, TagLeaf, WideLeaf } from '@tagmill/shared/rules/normal';
import { missingTruth, type Truth } from '@tagmill/shared/rules/reference';
import { aggregateSql, columnsOfAggregate } from '@tagmill/shared/rules/wide/aggregate-sql';
import { isPresent } from '@tagmill/shared/rules/wide/aggregates';
import { boundRule } from '@tagmill/shared/rules/wide/bounds';
import { historyWindow } from '@tagmill/shared/rules/wide/had-tag-within';
import { changeSql } from '@tagmill/shared/rules/wide/change-sql';
import type { Row } from '@tagmill/shared/rules/wide/world';
import { identifier } from '../duckdb.ts';
import type { RuleTable, RuleTables } from '../rule-table.ts';
import { boundsOver } from './populations.ts';

/** Column of the user's place among all. */
const USER: CatalogField = { table: '', name: '__tagmill_user', type: { kind: 'int64' }, nullable: false };
const user = identifier(USER.name);

/** Null for the state of tags, whose rules are evaluated like any other. */
export async function wideLetters(
  tables: RuleTables,
  leaf: WideLeaf,
  seen: CaseWorld,
  engine: 'sql' | 'index',
): Promise<readonly Truth[] | null> {
  switch (leaf.kind) {
    case 'aggregate':
      return await aggregateLetters(tables, leaf, seen);
    case 'change':
      return await changeLetters(tables, leaf, seen);
    case 'population':
      return await populationLetters(tables, leaf, seen, engine);
    case 'tag':
      return leaf.operator === 'had_tag_within' ? await historyLetters(tables, leaf, seen) : null;
  }
}

/** Rows of users in a table, each with the place of its user. */
async function load(tables: RuleTables, fields: readonly CatalogField[], seen: CaseWorld, rows: readonly Row[]): Promise<RuleTable> {
  const places = new Map(seen.users.map((one, at) => [one, at]));
  const placed = rows.map((row) => ({ ...row, [USER.name]: String(places.get(String(row[KEY_FIELD]))) }));
  return await tables.load({ fields: [USER, ...fields] }, placed);
}

/** A letter for each user from a query of place and BOOLEAN; users without a row have `holds` over nothing but NULL. */
async function lettersOf(tables: RuleTables, seen: CaseWorld, holds: string, from: string): Promise<Truth[]> {
  const all = `SELECT range AS place FROM range(${seen.users.length})`;
  const sql = `SELECT ${holds} FROM (${all}) AS u LEFT JOIN (${from}) AS d ON d.${user} = u.place ORDER BY u.place`;
  const [values = []] = await tables.with(async (connection) => (await connection.runAndReadAll(sql)).getColumnsJS());
  return values.map((value): Truth => (value === true ? 'T' : value === false ? 'F' : 'U'));
}

async function aggregateLetters(tables: RuleTables, leaf: AggregateLeaf, seen: CaseWorld): Promise<readonly Truth[]> {
  const { world } = seen;
  if (!isPresent(leaf, world, dayLiteral(world.clock.today))) return seen.users.map(() => missingTruth(leaf.missing));
  const fields = columnsOfAggregate(leaf).filter((field) => field.name !== USER.name);
  const rows = seen.users.flatMap((one) => world.events(leaf.table.name)?.rowsOf(one) ?? []);
  const table = await load(tables, fields, seen, rows);
  try {
    const part = (at: number): string => identifier(`part_${at}`);
    const sql = aggregateSql(leaf, world.clock, { column: (field) => identifier(field.name), counted: 'counted', part });
    const counting = `SELECT *, ${sql.counted} AS counted FROM (${table.valuesSql([USER, ...fields], world.clock)})`;
    const parts = sql.parts.map((one, at) => `, ${one.sql} AS ${part(at)}`).join('');
    return await lettersOf(tables, seen, sql.holds, `SELECT ${user}${parts} FROM (${counting}) GROUP BY ${user}`);
  } finally {
    await table.drop();
  }
}

async function changeLetters(tables: RuleTables, leaf: ChangeLeaf, seen: CaseWorld): Promise<readonly Truth[]> {
  const { clock } = seen.world;
  const now = await load(tables, [leaf.field], seen, seen.users.map(seen.rowOf));
  const before = await load(tables, [leaf.field], seen, seen.earlierRows(leaf.since));
  try {
    const column = identifier(leaf.field.name);
    const values = [now, before].map((table) => table.valuesSql([USER, leaf.field], clock));
    const joined = `SELECT n.${user}, n.${column} AS now, b.${column} AS before FROM (${values[0]}) AS n LEFT JOIN (${values[1]}) AS b ON n.${user} = b.${user}`;
    return await lettersOf(tables, seen, changeSql(leaf, 'now', 'before'), joined);
  } finally {
    await now.drop();
    await before.drop();
  }
}

/** As a run takes it: who is in the set of those that had the tag, and whether the record reaches back so far for the others. */
async function historyLetters(tables: RuleTables, leaf: TagLeaf, seen: CaseWorld): Promise<readonly Truth[]> {
  const history = seen.world.history(leaf.tag);
  if (history === undefined) return seen.users.map(() => missingTruth(leaf.missing));
  const { start, end } = historyWindow(leaf.days ?? 1, seen.world.clock);
  const places = new Map(seen.users.map((one, at) => [one, at]));
  const spans = history.spans.flatMap((span) => {
    const place = places.get(span.user);
    return place === undefined ? [] : [`(${place}, ${span.entered}::BIGINT, ${span.left ?? 'NULL'}::BIGINT)`];
  });
  const nobody = `SELECT NULL::BIGINT AS ${user} WHERE FALSE`;
  const had = `SELECT DISTINCT place AS ${user} FROM (VALUES ${spans.join(', ')}) AS s (place, entered, gone) WHERE entered <= ${end} AND coalesce(gone > ${start}, TRUE)`;
  const others = history.begins <= start ? 'FALSE' : missingSql(leaf);
  return await lettersOf(tables, seen, `CASE WHEN d.${user} IS NOT NULL THEN TRUE ELSE ${others} END`, spans.length === 0 ? nobody : had);
}

const missingSql = ({ missing }: TagLeaf): string => (missing === 'unknown' ? 'NULL::BOOLEAN' : missing === 'match' ? 'TRUE' : 'FALSE');

async function populationLetters(
  tables: RuleTables,
  leaf: PopulationLeaf,
  seen: CaseWorld,
  engine: 'sql' | 'index',
): Promise<readonly Truth[]> {
  const { clock } = seen.world;
  const table = await load(tables, [leaf.field], seen, seen.users.map(seen.rowOf));
  try {
    const bounds = await tables.with((connection) => boundsOver(connection, table.valuesSql([leaf.field], clock), leaf.field, [leaf]));
    const rule: NormalRule = boundRule(leaf, bounds.users, (place) => bounds.values[place] ?? '');
    return (await table.evaluate([rule], clock, engine))[0] ?? [];
  } finally {
    await table.drop();
  }
}
