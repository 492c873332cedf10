/** The verbs about one rule over a folder and a SQLite file, without a manager that runs already. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll, FIXTURES, run } from './support.ts';

const TABLES = ['--tables', join(FIXTURES, 'tables')];
let directory: string;
let database: string[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tagmill-rules-cli-'));
  database = ['--database', `sqlite:${join(directory, 'tags.sqlite')}`];
  await run(['rules', 'import', join(FIXTURES, 'rules', 'tag_rules.json'), ...database, '--unchecked']);
});
afterEach(endAll);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const RULE = { logic: 'AND', conditions: [{ field: 'age', operator: '>', value: 20 }] };

test('rules check tells every error of stdin, needs tables alone, and says so by its exit code', async () => {
  const broken = JSON.stringify(RULE).replace('age', 'agee').replace('20', '"x"');
  const checked = await run(['rules', 'check', '-', ...TABLES], { input: broken });
  expect(checked).toMatchObject({
    code: 1,
    stdout: 'FIELD_UNKNOWN at /conditions/0/field: no field `agee`; did you mean `age`?\n1 error\n',
  });
  const sound = await run(['rules', 'check', '-', ...TABLES, '--json'], { input: JSON.stringify(RULE) });
  expect(sound.code).toBe(0);
  expect(JSON.parse(sound.stdout)).toMatchObject({
    ok: true,
    reads: [{ table: 'user_basic_info', fields: ['age'] }],
    basis: { run_id: null },
  });
});

test('catalog lists the fields of the newest tables', async () => {
  const { stdout } = await run(['catalog', ...TABLES]);
  expect(stdout).toMatch(/total_asset_value +user_asset_summary +decimal\(20,8\)/);
});

test('a rule is put with examples, tested, compared and explained', async () => {
  const [rule, examples] = [join(directory, 'rule.json'), join(directory, 'examples.json')];
  writeFileSync(rule, JSON.stringify(RULE));
  writeFileSync(examples, JSON.stringify([{ name: 'grown up', row: { age: 30 }, expect: 'T' }]));
  const put = await run(['rules', 'put', '7', rule, '--reason', 'older', '--examples', examples, ...database, ...TABLES]);
  expect(put, put.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining('tag 7 is at version 2 (live)') });
  expect(await run(['rules', 'test', '7', ...database, ...TABLES])).toMatchObject({
    code: 0,
    stdout: 'ok    grown up: T\n1 of 1 examples hold\n',
  });
  const all = await run(['rules', 'test', ...database, ...TABLES]);
  expect(all).toMatchObject({ code: 0, stdout: 'tag 7 年轻用户\nok    grown up: T\n1 of 1 examples hold\n' });
  writeFileSync(rule, JSON.stringify(RULE).replace('20', '40'));
  const refused = await run(['rules', 'put', '7', rule, '--reason', 'too old', ...database, ...TABLES]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('WRONG grown up: gives F instead of T') });
  const late = await run(['rules', 'put', '7', rule, '--reason', 'late', '--if-match', '"v1.1"', ...database, ...TABLES]);
  expect(late).toMatchObject({ code: 4, stderr: expect.stringContaining('+     { "field": "age", "operator": ">", "value": 40 }') });
  const shown = await run(['rules', 'show', '7', ...database, ...TABLES]);
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('"value": 20'), stderr: expect.stringContaining('ETag "v2.2"') });
  const explained = await run(['explain', 'user_000001', '7', ...database, ...TABLES]);
  expect(explained.stdout).toContain('age > 20');
  const preview = await run(['rules', 'preview', rule, '--tag', '7', ...database, ...TABLES]);
  expect(preview.stdout).toMatch(/; exact\ncost .*\nmatched .*\nagainst user_tags, as the next run would find it: /);
  const live = await run(['rules', 'preview', rule, '--tag', '7', '--against', 'live', ...database, ...TABLES]);
  expect(live.stdout).toMatch(/; exact\ncost .*\nmatched .*\nagainst live version 2: /);
});

test('what is not there, and what cannot be read', async () => {
  expect((await run(['rules', 'show', '999', ...database, ...TABLES])).code).toBe(3);
  expect((await run(['rules', 'show', 'x', ...database, ...TABLES])).code).toBe(2);
  expect((await run(['rules', 'check', join(directory, 'none.json'), ...TABLES])).code).toBe(2);
});
