/** What a preview says of each user is what the next run does to them: real processes, random rules one after the other on the same tags. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { generateSampleTables } from '@tagmill/executor/engine/sample-tables';
import type { CheckAnswer, PreviewAnswer, RuleAnswer } from '@tagmill/shared/api/rules';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll, run } from '../../src/e2e/command.ts';
import { Fleet } from '../../src/e2e/fleet.ts';
import { followPreview } from '../../src/e2e/follow-preview.ts';
import { randomRule, randoms } from '../../src/e2e/random-rules.ts';
import { mariadbTarget, SqliteTargets, type Target } from '../../src/e2e/target.ts';
import { type MariadbServer, startMariadb } from '../../src/mariadb.ts';

/** 50 rules and 100,000 users for a longer look by hand. */
const RULES = Number(process.env['TAGMILL_PREVIEW_RULES'] ?? 20);
const USERS = Number(process.env['TAGMILL_PREVIEW_USERS'] ?? 10_000);
const DATE = '2026-11-22';
/** Tags without a class, which get one random rule after the other; of those that take it from whom they know nothing of, `remove`. */
const TAGS = [201, 202, 203, 204, 205, 206, 207, 208, 209, 210];
const REMOVING = [207, 208, 209, 210];
/** A tag whose rule stays, for the others to read. */
const FIXED = 211;
const WIDE = [
  { operator: 'has_tag', value: FIXED },
  { operator: 'not_has_tag', value: FIXED },
  { field: 'total_asset_value', operator: 'top_n', value: Math.round(USERS / 10) },
  { field: 'age', operator: 'percentile', compare: '>=', value: 60 },
  { field: 'total_asset_value', operator: '>', other: 'cash_balance', factor: 3 },
];

interface Foretold {
  readonly seen: PreviewAnswer;
  readonly isAsked: (user: string) => boolean;
}

const temp = mkdtempSync(join(tmpdir(), 'tagmill-preview-users-'));
const tables = join(temp, 'tables');
const sqlite = new SqliteTargets();
let mariadb: MariadbServer;
let target: Target | undefined;
let present: ReadonlyMap<string, ReadonlySet<string>>;

beforeAll(async () => {
  await generateSampleTables({ dir: tables, users: USERS, seed: 5, businessDates: [DATE], sorted: true });
  present = await usersOfTables();
  mariadb = await startMariadb();
});
afterEach(async () => {
  endAll();
  await target?.close();
});
afterAll(async () => {
  await mariadb?.stop();
  sqlite.remove();
  rmSync(temp, { recursive: true, force: true });
});

async function fleetOn(url: string): Promise<Fleet> {
  const file = join(temp, 'rules.json');
  const rule = { field: 'age', operator: '>=', value: 30 };
  const tags = [...TAGS, FIXED].map((id) => ({ tag_id: id, tag_name: `tag ${id}`, tag_category: 'x', rule_conditions: rule }));
  writeFileSync(file, JSON.stringify({ tags }));
  const imported = await run(['rules', 'import', file, '--database', url, '--unchecked']);
  expect(imported.code, imported.stderr).toBe(0);
  const args = ['--shard-rows', String(Math.ceil(USERS / 5))];
  const fleet = new Fleet({ databaseUrl: url, directory: mkdtempSync(join(temp, 'fleet-')), tables, args, mostMs: 1_800_000 });
  await fleet.startManager();
  for (const name of ['one', 'two']) fleet.startExecutor(name);
  for (const name of ['one', 'two']) await fleet.executorIs(name, ['connected']);
  for (const tag of REMOVING) await ok(fleet, 'PUT', `/api/v1/tags/${tag}/policy`, { unknown: 'remove', reason: 'test' });
  return fleet;
}

async function ok(fleet: Fleet, method: string, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fleet.call(method, path, body, headers);
  expect(answer.ok, `${method} ${path}: ${await answer.text()}`).toBe(true);
}

/** Users by tag. */
async function holders(of: Target): Promise<ReadonlyMap<number, ReadonlySet<string>>> {
  const found = new Map([...TAGS, FIXED].map((tag) => [tag, new Set<string>()]));
  for (const { userId, tagIds } of await of.rows()) for (const tag of JSON.parse(tagIds) as number[]) found.get(tag)?.add(userId);
  return found;
}

/** Somebody is given, and somebody kept out of, each tag by hand. */
async function byHand(fleet: Fleet): Promise<void> {
  for (const tag of [201, 207]) {
    for (const [user, kind] of [
      [17, 'include'],
      [21, 'include'],
      [33, 'exclude'],
      [34, 'exclude'],
    ] as const)
      await ok(fleet, 'PUT', `/api/v1/users/${userName(user)}/tags/${tag}/override`, { kind, reason: 'test' });
  }
}

const userName = (index: number): string => `user_${String(index).padStart(6, '0')}`;

/** Sentences where a run did something else to a user than was said. */
function differences(tag: number, { seen, isAsked }: Foretold, before: ReadonlySet<string>, after: ReadonlySet<string>): string[] {
  const wrong: string[] = [];
  const { enter, exit, stay, unknown } = seen.samples;
  const say = (what: string, said: readonly string[], is: readonly string[]): void => {
    const [a, b] = [new Set(said), new Set(is)];
    const [more, less] = [said.filter((user) => !b.has(user)), is.filter((user) => !a.has(user))];
    if (more.length + less.length > 0)
      wrong.push(
        `tag ${tag}: ${what}: ${more.length} are said and did not (${more.slice(0, 3)}), ${less.length} did (${less.slice(0, 3)})`,
      );
  };
  say(
    'enter',
    enter,
    [...after].filter((user) => !before.has(user)),
  );
  say(
    'exit',
    exit,
    [...before].filter((user) => !after.has(user)),
  );
  const kept = new Set(unknown.filter((user) => before.has(user)));
  say(
    'stay',
    [...stay, ...kept],
    [...before].filter((user) => after.has(user) && isAsked(user)),
  );
  for (const user of unknown) if (before.has(user) !== after.has(user)) wrong.push(`tag ${tag}: ${user} is unknown and has changed`);
  const { figures } = seen;
  const counts = [enter, exit, stay, unknown, [...kept]].map((users) => users.length);
  const told = [figures?.enter, figures?.exit, figures?.stay, figures?.unknown_held];
  const is = [counts[0], counts[1], counts[2], counts[4]];
  if (JSON.stringify(told) !== JSON.stringify(is)) wrong.push(`tag ${tag}: counts ${told}, and names ${is}`);
  return wrong;
}

/** Of each table its users. */
async function usersOfTables(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const found = new Map<string, ReadonlySet<string>>();
  for (const table of ['user_basic_info', 'user_asset_summary', 'user_activity_summary']) {
    const reader = await connection.runAndReadAll(`SELECT user_id FROM '${tables}/${table}/dt=${DATE}/*.parquet'`);
    found.set(table, new Set(reader.getRows().map(([user]) => String(user))));
  }
  connection.closeSync();
  instance.closeSync();
  return found;
}

/** Whom a rule is asked for: the users of the tables that it reads, and of all where it reads the state of a tag. */
async function askedFor(fleet: Fleet, rule: unknown): Promise<(user: string) => boolean> {
  const text = JSON.stringify(rule);
  const { reads } = (await (await fleet.call('POST', '/api/v1/rules/check', { rule })).json()) as CheckAnswer;
  const names = text.includes('has_tag') ? [...present.keys()] : reads.map(({ table }) => table);
  return (user) => names.some((name) => present.get(name)?.has(user) === true);
}

async function rounds(fleet: Fleet, at: Target, count: number, seed: number): Promise<string[]> {
  const next = randoms(seed);
  const wrong: string[] = [];
  for (let done = 0; done < count; done += TAGS.length) {
    const before = await holders(at);
    const seen = new Map<number, Foretold>();
    for (const tag of TAGS.slice(0, count - done)) {
      const rule = randomRule(next, 2, WIDE);
      seen.set(tag, { seen: await followPreview(fleet, { rule, tag_id: tag, samples: 100_000 }), isAsked: await askedFor(fleet, rule) });
      const { etag } = await fleet.get<RuleAnswer>(`/api/v1/tags/${tag}/rule`);
      await ok(fleet, 'PUT', `/api/v1/tags/${tag}/rule`, { rule, reason: 'random' }, { 'if-match': etag });
    }
    const report = await fleet.ended(await fleet.createRun({ mode: 'task-tags', tag_ids: [...TAGS, FIXED], business_date: DATE }));
    expect(report.state).toBe('succeeded');
    const after = await holders(at);
    for (const [tag, one] of seen) {
      wrong.push(...differences(tag, one, before.get(tag)!, after.get(tag)!));
      const { matched, unknown, entered, exited } = report.tags.find(({ tag_id }) => tag_id === tag)!;
      const { figures } = one.seen;
      const told = [figures?.matched, figures?.unknown, figures?.enter, figures?.exit];
      if (JSON.stringify(told) !== JSON.stringify([matched, unknown, entered, exited]))
        wrong.push(`tag ${tag}: the preview counts ${told}, the run ${[matched, unknown, entered, exited]}`);
    }
  }
  return wrong;
}

test(
  `${RULES} random rules over ${USERS} users: who enters, exits and stays in the next run is who the preview said`,
  async () => {
    target = await sqlite.make('empty');
    const fleet = await fleetOn(target.url);
    // Nobody holds anything yet: everybody enters whom the rule is true for.
    const first = await followPreview(fleet, { rule: { field: 'age', operator: '>=', value: 30 }, tag_id: 201, samples: 0 });
    expect(first).toMatchObject({ against: 'held', figures: { held: 0, exit: 0, enter: first.figures!.matched } });
    expect((await fleet.ended(await fleet.createRun({ mode: 'task-tags', tag_ids: [...TAGS, FIXED], business_date: DATE }))).state).toBe(
      'succeeded',
    );
    await byHand(fleet);
    expect(await rounds(fleet, target, RULES, 20_261_122)).toEqual([]);
    // The live rule on the same data is another question: whom a rule before it has left with the tag does not count.
    const { live } = await fleet.get<RuleAnswer>('/api/v1/tags/201/rule');
    const same = await followPreview(fleet, { rule: live!.rule_text, tag_id: 201, against: 'live', samples: 0 });
    expect(same.figures).toMatchObject({ enter: 0, exit: 0, stay: same.figures!.matched, held: same.figures!.live_matched });
    expect(await fleet.stop()).toEqual([]);
  },
  60_000 + RULES * USERS,
);

test('the same over MariaDB', async () => {
  target = await mariadbTarget(mariadb, 'preview_users', 'empty');
  const fleet = await fleetOn(target.url);
  expect(await rounds(fleet, target, 20, 7)).toEqual([]);
}, 120_000);
