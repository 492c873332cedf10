/** What the tests of rules that read more than one row share: cuts, letters of pieces, and the reference's letters. */
import type { CatalogField } from '@tagmill/shared/fields';
import type { EvaluateResult, PassJob, PassTag } from '@tagmill/shared/job';
import type { WholeRule } from '@tagmill/shared/rules/normal';
import { type Cell, readCell, type Value } from '@tagmill/shared/rules/values';
import { evaluateWhole } from '@tagmill/shared/rules/wide/evaluate';
import type { World } from '@tagmill/shared/rules/wide/world';
import type { evaluateShard } from '../../src/engine/evaluate.ts';
import type { Evaluator } from '../../src/engine/evaluator.ts';
import { CLOCK, verdictsOf } from './fixtures.ts';

export type RowsByUser = Map<string, Readonly<Record<string, Cell>>>;

/** Inner boundaries that cut so many users into so many shards. */
export function cutsOf(users: readonly string[], shards: number): string[] {
  const sorted = [...users].sort();
  const cuts = Array.from({ length: shards - 1 }, (_, at) => sorted[Math.floor(((at + 1) * sorted.length) / shards)]!);
  return [...new Set(cuts)];
}

/** Per user a letter for each tag, `-` where it was not evaluated, over all shards. */
export async function letters(evaluator: Evaluator, job: PassJob, evaluate: typeof evaluateShard): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let shard = 0; shard <= job.cuts.length; shard += 1) {
    const result: EvaluateResult = await evaluate(evaluator, job, shard);
    const here = verdictsOf(evaluator.spool.path(job.runId, job.pass, shard));
    if (result.users !== here.length) throw new Error(`${here.length} users in the piece, ${result.users} counted`);
    for (const [user, verdict] of here) {
      const letterOf = (tagId: number): string =>
        verdict.T.includes(tagId) ? 'T' : verdict.F.includes(tagId) ? 'F' : verdict.U.includes(tagId) ? 'U' : '-';
      found.set(user, job.tags.map(({ tagId }) => letterOf(tagId)).join(''));
    }
  }
  return found;
}

/** What a rule may read, for rules over rows of users alone. */
export function worldOf(tables: Readonly<Record<string, RowsByUser>>, more: Partial<World> = {}): World {
  const value = (user: string, field: CatalogField): Value | null => readCell(field, tables[field.table]?.get(user)?.[field.name], CLOCK);
  const none = (): never => {
    throw new Error('the test gives no such thing');
  };
  return { clock: CLOCK, value, earlierValue: none, events: none, tagState: none, history: none, population: none, ...more };
}

/** The reference's letters for every user of a table that a tag reads. */
export function referenceLetters(
  tags: readonly PassTag[],
  tables: Readonly<Record<string, RowsByUser>>,
  world: World = worldOf(tables),
): Map<string, string> {
  const users = [...new Set(Object.values(tables).flatMap((table) => [...table.keys()]))].sort();
  const found = new Map<string, string>();
  for (const user of users) {
    const own = tags.map((tag) =>
      tag.reads.some((table) => tables[table]?.has(user) === true) ? evaluateWhole(tag.rule as WholeRule, user, world) : '-',
    );
    if (own.some((letter) => letter !== '-')) found.set(user, own.join(''));
  }
  return found;
}

/** A query of such rows; the key is text. */
export function rowsSql(
  rows: readonly (readonly [string, Readonly<Record<string, Cell>>])[],
  types: Readonly<Record<string, string>>,
): string {
  const names = Object.keys(types);
  const text = (cell: Cell): string => {
    if (cell === null || cell === undefined) return 'NULL';
    if (Object.is(cell, -0)) return "'-0.0'";
    return `'${String(cell)
      .replace(/^(.*)T(.*)Z$/, '$1 $2+00')
      .replaceAll("'", "''")}'`;
  };
  const columns = names.map((name) => `"${name}"::${types[name]} AS "${name}"`).join(', ');
  const quoted = names.map((name) => `"${name}"`).join(', ');
  const nothing = `SELECT ''::VARCHAR, ${names.map(() => 'NULL::VARCHAR').join(', ')} WHERE false`;
  const tuples = rows.map(([user, row]) => `('${user}', ${names.map((name) => text(row[name])).join(', ')})`);
  const from = tuples.length === 0 ? `(${nothing})` : `(VALUES ${tuples.join(', ')})`;
  return `SELECT user_id, ${columns} FROM ${from} AS v(user_id, ${quoted})`;
}
