/**
 * A part of the fixtures small enough for hundreds of runs: every 20th user and
 * all of odd shapes, with their evaluation and the rows after it.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunReport } from '@tagmill/shared/api/report';
import { DuckDBInstance } from '@duckdb/node-api';
import { FIXTURES } from './command.ts';
import { type After, type Evaluated, evaluation, type Held, merged, part, rowsBefore } from './oracle.ts';

/** Tags over all three tables; the result of a run of them is `after`. */
export const SMALL_TAGS: readonly number[] = [3, 4, 5, 7, 9, 18, 19];
const DATE = '2026-11-22';
const EVERY = 20;

export interface SmallWorld {
  readonly tables: string;
  readonly before: readonly Held[];
  readonly found: readonly Evaluated[];
  readonly after: readonly After[];
  remove(): void;
}

/** Makes the tables in a folder of their own. */
export async function makeSmallWorld(): Promise<SmallWorld> {
  const all = evaluation();
  const users = new Set(all.filter(({ user_id }, index) => index % EVERY === 0 || !user_id.startsWith('user_')).map((one) => one.user_id));
  const tables = mkdtempSync(join(tmpdir(), 'tagmill-small-'));
  await sliceTables(tables, [...users]);
  const found = part(all, new Set(SMALL_TAGS), users);
  // All rows before: those of users who are in no table must stay as they are.
  const before = rowsBefore();
  return {
    tables,
    before,
    found,
    after: merged(before, found),
    remove: () => rmSync(tables, { recursive: true, force: true }),
  };
}

async function sliceTables(folder: string, users: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  try {
    await connection.run('CREATE TABLE wanted (user_id VARCHAR)');
    const quoted = users.map((user) => `('${user.replaceAll("'", "''")}')`);
    await connection.run(`INSERT INTO wanted VALUES ${quoted.join(',')}`);
    for (const name of ['user_basic_info', 'user_asset_summary', 'user_activity_summary']) {
      const place = join(folder, name, `dt=${DATE}`);
      mkdirSync(place, { recursive: true });
      const source = `read_parquet('${FIXTURES}/tables/${name}/dt=${DATE}/part-*.parquet', union_by_name = true, hive_partitioning = false)`;
      await connection.run(
        `COPY (SELECT t.* FROM ${source} AS t SEMI JOIN wanted USING (user_id) ORDER BY user_id) TO '${place}/part-0.parquet' (FORMAT parquet, COMPRESSION snappy)`,
      );
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Sentences where the report of a run of the small tags on top of the rows before counts otherwise than it was. */
export function smallReportIsRight(world: SmallWorld, report: RunReport): string[] {
  const wrong: string[] = [];
  if (report.state !== 'succeeded') wrong.push(`the run is ${report.state}: ${whyOf(report)}`);
  const held = new Map(world.before.map((row) => [row.user_id, new Set(row.tag_ids)]));
  const after = new Map(world.after.map((row) => [row.user_id, new Set(row.tag_ids)]));
  const seen = world.found.filter((user) => user.T.length + user.F.length + user.U.length > 0);
  const changed = seen.filter(({ user_id }) => !same(held.get(user_id) ?? new Set(), after.get(user_id) ?? new Set()));
  const inserted = changed.filter(({ user_id }) => !held.has(user_id)).length;
  const users = { evaluated: seen.length, inserted, updated: changed.length - inserted, unchanged: seen.length - changed.length };
  if (JSON.stringify(report.users) !== JSON.stringify(users))
    wrong.push(`the report counts ${JSON.stringify(report.users)}, and it was ${JSON.stringify(users)}`);
  for (const tag of report.tags) {
    const of = (letter: 'T' | 'U'): number => world.found.filter((user) => user[letter].includes(tag.tag_id)).length;
    const moved = (from: ReadonlyMap<string, ReadonlySet<number>>, to: ReadonlyMap<string, ReadonlySet<number>>): number =>
      seen.filter(({ user_id }) => to.get(user_id)?.has(tag.tag_id) === true && from.get(user_id)?.has(tag.tag_id) !== true).length;
    const told = [tag.matched, tag.unknown, tag.entered, tag.exited].join(' ');
    const was = [of('T'), of('U'), moved(held, after), moved(after, held)].join(' ');
    if (told !== was) wrong.push(`tag ${tag.tag_id}: matched, unknown, entered, exited are told as ${told}, and were ${was}`);
  }
  return wrong;
}

const same = (a: ReadonlySet<number>, b: ReadonlySet<number>): boolean => a.size === b.size && [...a].every((one) => b.has(one));
const whyOf = (report: RunReport): string => report.error?.message ?? report.tags.map((tag) => tag.error?.message ?? tag.state).join(', ');
