/**
 * A part of a preview counted by the engine alone, where the rule reads one
 * table that has one row a user: the rows need no order and most columns are
 * not read at all. What it counts is what `preview-shard.ts` counts.
 */
import { TagmillError } from '@tagmill/shared/errors';
import type { PassTag, PlannedTable, TagHolders } from '@tagmill/shared/job';
import { type Move, MOVES, type PreviewCounts, type PreviewJob } from '@tagmill/shared/question';
import type { NormalRule } from '@tagmill/shared/rules/normal';
import { compileRules } from '@tagmill/shared/rules/sql';
import { leavesOf } from '@tagmill/shared/rules/reads';
import { type Connection, identifier, mapEngineError } from '../engine/duckdb.ts';
import type { Evaluator } from '../engine/evaluator.ts';
import { readColumn } from '../engine/leaf-sql.ts';
import { KEY, rowsSql } from '../engine/scan-sql.ts';
import { loadValues, setSql } from '../engine/wide/value-tables.ts';
import { discardScans, finishScans, type ObjectScan, type OpenScan, openScans, runsOf } from '../sources/materialize.ts';
import { F, type Outcome, moveOf, NONE, T, U } from './preview-moves.ts';

type Job = PreviewJob & { readonly counted: NonNullable<PreviewJob['counted']> };

/** What a row is, as one number: outcome of the rule and the live one, held, by hand, due. */
const [LIVE, HELD, HAND, DUE] = [4, 16, 32, 128] as const;
const CODES = 256;

/** Errors: those of evaluateShard, but for users that a table has twice. */
export async function countPart(
  evaluator: Evaluator,
  job: Job,
  { shard, enough }: { readonly shard: number; readonly enough: readonly Move[] },
  signal: AbortSignal,
): Promise<PreviewCounts> {
  const { pass, counted } = job;
  const table = pass.tables.find(({ name }) => name === counted.table);
  if (table === undefined) throw new TagmillError('INTERNAL', `the preview counts ${counted.table}, which it does not bring`);
  await loadValues(evaluator, pass, signal);
  const bytesBefore = evaluator.copies.bytesRead;
  const query = new CountQuery(job, table);
  const wish = { table, columns: query.columns, range: {} };
  const files = await openScans(evaluator.copies, wish, partOf(table, shard, counted.parts), signal);
  let counts: Omit<PreviewCounts, 'bytesRead'>;
  try {
    counts = await evaluator.database.with(signal, async (connection) => query.run(connection, files, enough));
  } catch (thrown) {
    await discardScans(files);
    signal.throwIfAborted();
    throw mapEngineError(thrown, table.name);
  }
  await finishScans(files);
  return { ...counts, bytesRead: evaluator.copies.bytesRead - bytesBefore };
}

/** Every `parts`-th run of row groups: the first part is spread over the files, as good a sample as the others. */
function partOf(table: PlannedTable, part: number, parts: number): ObjectScan[] {
  const groups = table.objects.flatMap((object) => object.rowGroups.flatMap((group, index) => (group.rows > 0 ? [{ object, index }] : [])));
  const own = groups.filter((_, at) => at % parts === part);
  return [...Map.groupBy(own, ({ object }) => object)].map(([object, chosen]) => {
    const rowGroups = chosen.map(({ index }) => index);
    return { object, rowGroups, runs: runsOf(object, rowGroups), whole: rowGroups.length === object.rowGroups.length };
  });
}

class CountQuery {
  readonly #job: Job;
  readonly #table: PlannedTable;
  readonly #own: PassTag;
  readonly #live: PassTag | undefined;
  readonly #parts: readonly PassTag[];

  constructor(job: Job, table: PlannedTable) {
    const { tags } = job.pass;
    const firstHeld = job.hasLive ? 2 : 1;
    const held = job.hasHeld ? (job.unknown === 'due' ? 3 : 2) : 0;
    this.#job = job;
    this.#table = table;
    this.#own = tags[0]!;
    this.#live = job.hasLive ? tags[1] : undefined;
    this.#parts = tags.slice(firstHeld + held, tags.length - job.others);
  }

  get #fields() {
    const rules = [this.#own, ...(this.#live === undefined ? [] : [this.#live]), ...this.#parts].flatMap(rulesOf);
    const fields = rules.flatMap(leavesOf).flatMap(({ field, other }) => (other === undefined ? [field] : [field, other]));
    return [...new Map(fields.map((field) => [field.name, field])).values()];
  }

  get columns(): string[] {
    return this.#fields.map(({ name }) => name);
  }

  async run(connection: Connection, files: readonly OpenScan[], enough: readonly Move[]): Promise<Omit<PreviewCounts, 'bytesRead'>> {
    const counts = new Array<number>(CODES).fill(0);
    const parts = this.#parts.map(() => 0);
    const samples: Record<Move, string[]> = { enter: [], exit: [], stay: [], unknown: [] };
    if (files.length > 0) {
      const from = this.#codedSql(files);
      const sums = this.#parts.map((_, at) => `count(*) FILTER (p${at})`);
      const rows = await connection.runAndReadAll(`SELECT ${['code', 'count(*)', ...sums].join(', ')} FROM (${from}) GROUP BY code`);
      for (const [code, users, ...matched] of rows.getRows()) {
        counts[Number(code)]! += Number(users);
        matched.forEach((value, at) => {
          parts[at]! += Number(value);
        });
      }
      for (const move of MOVES) if (!enough.includes(move)) samples[move].push(...(await this.#usersOf(connection, from, move, counts)));
    }
    return { ...this.#figures(counts), parts, others: [], samples };
  }

  #figures(counts: readonly number[]): Pick<PreviewCounts, 'users' | 'matrix' | 'moves'> {
    const matrix = new Array<number>(16).fill(0);
    const moves = MOVES.map(() => 0);
    counts.forEach((users, code) => {
      if (code % 16 === 4 * NONE + NONE) return;
      matrix[4 * (code & 3) + ((code >> 2) & 3)]! += users;
      const move = this.#moveOf(code);
      if (move !== undefined && (move !== 'unknown' || this.#holds(code))) moves[MOVES.indexOf(move)]! += users;
    });
    return { users: matrix.reduce((sum, users) => sum + users, 0), matrix, moves };
  }

  #holds(code: number): boolean {
    return this.#job.hasHeld ? (code & HELD) !== 0 : ((code >> 2) & 3) === T;
  }

  #moveOf(code: number): Move | undefined {
    const byHand = this.#job.hasHeld ? (((code >> 5) & 3) as Outcome) : U;
    const loses = this.#job.unknown === 'remove' || (code & DUE) !== 0;
    return moveOf((code & 3) as Outcome, this.#holds(code), byHand, loses);
  }

  async #usersOf(connection: Connection, from: string, move: Move, counts: readonly number[]): Promise<string[]> {
    const codes = counts.flatMap((users, code) => (users > 0 && this.#moveOf(code) === move ? [code] : []));
    if (codes.length === 0 || this.#job.samples === 0) return [];
    const sql = `SELECT CAST(k AS VARCHAR) FROM (${from}) WHERE code IN (${codes.join(', ')}) LIMIT ${this.#job.samples}`;
    return (await connection.runAndReadAll(sql)).getRows().map(([user]) => String(user));
  }

  /** Key, code and whether each part is T, by row. */
  #codedSql(files: readonly OpenScan[]): string {
    const { pass, hasHeld, unknown, counted } = this.#job;
    const tags = [this.#own, ...(this.#live === undefined ? [] : [this.#live]), ...this.#parts];
    const rules = tags.flatMap(rulesOf);
    const compiled = compileRules(rules, pass.clock);
    const sqlOf = new Map(rules.map((rule, at) => [rule, compiled.tags[at]!]));
    const scan = {
      ...{ table: this.#table, keyType: pass.keyType, range: {}, leaves: [], hasKeys: counted.hasKeys },
      columns: this.#fields.map((field) => readColumn(field, pass.clock)),
    };
    const leaves = compiled.leaves.map(({ id, sql }) => `${sql} AS ${identifier(id)}`);
    const inner = `SELECT ${[`${KEY} AS k`, ...leaves].join(', ')} FROM (${rowsSql(scan, files)}) AS ${identifier(this.#table.name)}`;
    const codes = [
      outcomeSql(this.#own, sqlOf),
      this.#live === undefined ? `${LIVE * NONE}` : `${LIVE} * ${outcomeSql(this.#live, sqlOf)}`,
    ];
    const joins: string[] = [];
    if (hasHeld) {
      const own = this.#heldSql(joins);
      codes.push(...own);
    }
    const parts = this.#parts.map((tag, at) => `(${outcomeSql(tag, sqlOf)}) = ${T} AS p${at}`);
    if (unknown === 'due' && !hasHeld) throw new TagmillError('INTERNAL', 'who is due is told by who holds the tag');
    return `SELECT ${['k', `(${codes.join(' + ')})::USMALLINT AS code`, ...parts].join(', ')} FROM (${inner})${joins.join('')}`;
  }

  /** Who holds the tag, from the sets of users that the job brings. */
  #heldSql(joins: string[]): string[] {
    const { pass, unknown, counted } = this.#job;
    const find = (tag: string): TagHolders => {
      const found = pass.holders?.find((one) => one.tag === tag);
      if (found === undefined) throw new TagmillError('INTERNAL', `the preview does not bring the users of tag ${tag}`);
      return found;
    };
    const isIn = (set: string, name: string): string => {
      joins.push(` LEFT JOIN ${setSql(set, pass.keyType)} AS ${name} ON k = ${name}.v`);
      return `${name}.v IS NOT NULL`;
    };
    const { held, manual, excluded } = find(counted.tag ?? '');
    const kept = excluded === undefined ? 'FALSE' : isIn(excluded, 'excluded');
    const byHand = `CASE WHEN ${kept} THEN ${F} WHEN ${isIn(manual, 'manual')} THEN ${T} ELSE ${U} END`;
    const holds = `CASE WHEN NOT (${kept}) AND ${isIn(held, 'held')} THEN ${HELD} ELSE 0 END`;
    return [
      holds,
      `${HAND} * ${byHand}`,
      ...(unknown === 'due' ? [`CASE WHEN ${isIn(find('0').held, 'due')} THEN ${DUE} ELSE 0 END`] : []),
    ];
  }
}

const rulesOf = ({ rule, onlyUsers, onlyMatches }: PassTag): NormalRule[] => [rule as NormalRule, ...onlyUsers, ...onlyMatches];

/** What a tag gives for a row, as in a run: see `compileTag`. */
function outcomeSql({ rule, onlyUsers, onlyMatches }: PassTag, sqlOf: ReadonlyMap<NormalRule, string>): string {
  const isTrue = (one: NormalRule): string => `coalesce(${sqlOf.get(one)}, FALSE)`;
  const result = [`(${sqlOf.get(rule as NormalRule)})`, ...onlyMatches.map(isTrue)].join(' AND ');
  const left = onlyUsers.length === 0 ? '' : `WHEN NOT (${onlyUsers.map(isTrue).join(' AND ')}) THEN ${NONE} `;
  return `CASE ${left}WHEN ${result} THEN ${T} WHEN NOT (${result}) THEN ${F} ELSE ${U} END`;
}
