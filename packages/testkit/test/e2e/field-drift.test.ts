/** Fields that change from one day to the next: told with the run, in its story and the catalogue, and harmful only to tags that read what is gone. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { CatalogAnswer } from '@tagmill/shared/api/rules';
import type { StoryRecord } from '@tagmill/shared/feed/views';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll, run } from '../../src/e2e/command.ts';
import { Fleet, SECRETS } from '../../src/e2e/fleet.ts';
import { SqliteTargets } from '../../src/e2e/target.ts';

const [BEFORE, AFTER] = ['2026-11-21', '2026-11-22'] as const;
const temp = mkdtempSync(join(tmpdir(), 'tagmill-drift-'));
const tables = join(temp, 'tables');
const sqlite = new SqliteTargets();

const COLUMNS = {
  [BEFORE]: "range AS n, 'L' || range % 3 AS level, range % 50 AS score, CASE WHEN range % 10 = 0 THEN NULL ELSE 'app' END AS channel",
  [AFTER]: "range AS n, (range % 50)::VARCHAR AS score, CASE WHEN range % 2 = 0 THEN NULL ELSE 'app' END AS channel, true AS is_new",
};

beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  for (const day of [BEFORE, AFTER]) {
    mkdirSync(join(tables, 'users', `dt=${day}`), { recursive: true });
    const file = join(tables, 'users', `dt=${day}`, 'x.parquet');
    await connection.run(`COPY (SELECT printf('u%04d', range) AS user_id, ${COLUMNS[day]} FROM range(1000)) TO '${file}' (FORMAT parquet)`);
  }
  connection.closeSync();
  instance.closeSync();
  const level = { title: { en: 'Level', zh: '等级' }, description: { en: 'Of the loyalty programme' }, domain: 'profile' };
  writeFileSync(join(tables, '_catalog.json'), JSON.stringify({ fields: { users: { level } } }));
});
afterEach(endAll);
afterAll(() => {
  sqlite.remove();
  rmSync(temp, { recursive: true, force: true });
});

const RULES = [
  [201, { field: 'n', operator: '<', value: 50 }],
  [202, { field: 'level', operator: '=', value: 'L1' }],
  [203, { field: 'channel', operator: '=', value: 'app' }],
] as const;

test('what has changed is told with the run, kept over a restart, and only tags that read what is gone fail', async () => {
  const target = await sqlite.make('empty');
  const file = join(temp, 'rules.json');
  const tags = RULES.map(([tag_id, rule]) => ({ tag_id, tag_name: `tag ${tag_id}`, tag_category: 'x', rule_conditions: rule }));
  writeFileSync(file, JSON.stringify({ tags }));
  expect((await run(['rules', 'import', file, '--database', target.url, '--unchecked'])).code).toBe(0);
  const fleet = new Fleet({ databaseUrl: target.url, directory: join(temp, 'fleet'), tables });
  await fleet.startManager();
  fleet.startExecutor('one');
  const runOf = async (day: string) => {
    const runId = await fleet.createRun({ mode: 'task-tags', tag_ids: RULES.map(([tag]) => tag), business_date: day });
    return { runId, report: await fleet.ended(runId) };
  };
  const catalog = (query = ''): Promise<CatalogAnswer> => fleet.get(`/api/v1/catalog${query}`);

  const first = await runOf(BEFORE);
  expect(first.report.state).toBe('succeeded');
  const before = await catalog('?values=true');
  expect(before.drift).toBeNull();
  expect(before.fields.find(({ name }) => name === 'level')).toMatchObject({
    title: { en: 'Level', zh: '等级' },
    description: { en: 'Of the loyalty programme', zh: null },
    domain: 'profile',
    ...{ rows: 1000, nulls: 0, min: 'L0', max: 'L2' },
    looked: {
      rows: 1000,
      nulls: 0,
      values: [
        { value: 'L0', rows: 334 },
        { value: 'L1', rows: 333 },
        { value: 'L2', rows: 333 },
      ],
    },
  });
  expect(before.fields.find(({ name }) => name === 'n')).toMatchObject({ title: null, min: '0', max: '999', looked: { values: null } });
  expect(before.fields.find(({ name }) => name === 'channel')?.looked).toMatchObject({ nulls: 100, values: [{ value: 'app', rows: 900 }] });
  // The same data again: nothing is told.
  expect((await runOf(BEFORE)).report.notes).toEqual([]);

  const { runId, report } = await runOf(AFTER);
  expect(report.state).toBe('partial');
  expect(report.tags.map(({ tag_id, state, error }) => [tag_id, state, error?.code ?? null])).toEqual([
    [201, 'succeeded', null],
    [202, 'failed', 'FIELD_UNKNOWN'],
    [203, 'succeeded', null],
  ]);
  expect(report.tags[1]?.error?.message).toContain(`users had it on ${BEFORE}`);
  // Who had the tag of the broken rule has it still.
  const holders = (await target.rows()).filter(({ tagIds }) => (JSON.parse(tagIds) as number[]).includes(202));
  expect(holders.length).toBe(333);
  const sentences = [
    'users.level has vanished (string)',
    'users.score was int64 and is string',
    'missing in users.channel: 10 % before, 50 % now',
    'users.is_new is new (boolean)',
  ];
  const told = async () => {
    const { drift } = await catalog();
    expect(drift?.business_date).toBe(BEFORE);
    expect(drift?.changes.map(({ sentence }) => sentence).toSorted()).toEqual(sentences.toSorted());
    const { story } = await fleet.get<{ story: StoryRecord[] }>(`/api/v1/runs/${runId}/instances/plan`);
    expect(story.some(({ text }) => sentences.every((sentence) => text.includes(sentence)))).toBe(true);
  };
  await told();
  for (const sentence of sentences) expect(report.notes.join('\n')).toContain(sentence);

  // It stands in the journal.
  fleet.manager.child.kill('SIGKILL');
  await fleet.manager.ended;
  await fleet.startManager();
  await told();
  await fleet.executorIs('one', ['connected']);
  const env = { TAGMILL_API_KEY: SECRETS.TAGMILL_API_KEY };
  const printed = await run(['catalog', '--values', '--manager', fleet.http], { env });
  expect(printed, printed.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('users.level has vanished (string)') });
  expect(printed.stdout).toMatch(/channel +users +string +50 %/);
  expect(printed.stdout).toContain('channel: app (500)');
  await target.close();
});
