import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openMetadata } from '@tagmill/manager/tagstore/open';
import { canonicalTagIds, headOf, lineOf } from '../src/data/user-tags-lines.ts';
import { FIXTURES, run, tempFolder } from './support.ts';

const RULES = join(FIXTURES, 'rules', 'tag_rules.json');

const sql = (path: string, statement: string): string => execFileSync('sqlite3', [path, statement], { encoding: 'utf8' });

describe('rules in and out of a SQLite file', () => {
  test('db init creates what is missing and leaves what exists', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'tags.sqlite');
    expect((await run(['db', 'init', '--database', `sqlite:${path}`])).code).toBe(0);
    const metadata = openMetadata(`sqlite:${path}`);
    await metadata.importRules([{ tagId: 7, tagName: 'seven', category: 'c', description: null, isActive: true, ruleJson: '{}' }]);
    await metadata.close();
    expect((await run(['db', 'init', '--database', `sqlite:${path}`])).code).toBe(0);
    const again = openMetadata(`sqlite:${path}`);
    expect((await again.loadRules()).map((rule) => rule.tagName)).toEqual(['seven']);
    await again.close();
  });

  test('import, export and import again change nothing', async () => {
    using folder = tempFolder();
    const database = ['--database', `sqlite:${join(folder.path, 'tags.sqlite')}`];
    const first = await run(['rules', 'import', RULES, ...database, '--unchecked']);
    expect(first).toMatchObject({ code: 0, stdout: '' });
    const exported = await run(['rules', 'export', ...database]);
    expect(exported.code).toBe(0);
    const asked = JSON.parse(readFileSync(RULES, 'utf8')) as { tags: { tag_id: number; tag_name: string; rule_conditions: unknown }[] };
    const got = JSON.parse(exported.stdout) as typeof asked;
    expect(got.tags.map(({ tag_id, tag_name, rule_conditions }) => ({ tag_id, tag_name, rule_conditions }))).toEqual(
      asked.tags.map(({ tag_id, tag_name, rule_conditions }) => ({ tag_id, tag_name, rule_conditions })),
    );
    const file = join(folder.path, 'exported.json');
    writeFileSync(file, exported.stdout);
    const again = await run(['rules', 'import', file, ...database, '--unchecked']);
    expect(again.stderr).toMatch(/0 rows created, 0 changed/);
    expect((await run(['rules', 'export', ...database])).stdout).toBe(exported.stdout);
  });

  test('rules that fail the check are told with code and path and stay out, exit 1', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'tags.sqlite');
    const { code, stderr } = await run(['rules', 'import', RULES, '--database', `sqlite:${path}`, '--tables', join(FIXTURES, 'tables')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/tag 91 .*OPERATOR_UNKNOWN at \/conditions\/0\/operator/);
    expect(stderr).toMatch(/tag 92 .*GROUP_EMPTY at \/conditions/);
    expect(stderr).toMatch(/tag 93 .*FIELD_UNKNOWN at \/conditions\/0\/field/);
    const metadata = openMetadata(`sqlite:${path}`);
    const ids = (await metadata.loadRules()).map((rule) => rule.tagId);
    await metadata.close();
    expect(ids).toContain(1);
    expect(ids.filter((id) => id >= 91 && id <= 93)).toEqual([]);
  });

  test('without tables it says that fields are not checked', async () => {
    using folder = tempFolder();
    const { code, stderr } = await run(['rules', 'import', RULES, '--database', `sqlite:${join(folder.path, 't.sqlite')}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no --tables are given: fields and types are not checked/);
    expect(stderr).not.toMatch(/FIELD_UNKNOWN/);
  });

  test('a rule file that is not JSON is refused whole', async () => {
    using folder = tempFolder();
    const file = join(folder.path, 'rules.json');
    writeFileSync(file, '{"tags": [');
    const { code, stdout, stderr } = await run(['rules', 'import', file, '--database', `sqlite:${join(folder.path, 't.sqlite')}`]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/FILE_UNREADABLE: .*rules.json: is not JSON/);
  });

  test('an export from a database that is not there creates none', async () => {
    using folder = tempFolder();
    const { code, stderr } = await run(['rules', 'export', '--database', `sqlite:${join(folder.path, 'none.sqlite')}`]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/NOT_FOUND: there is no database at .*none.sqlite/);
  });
});

describe('user tags out of a SQLite file', () => {
  test('rows by the bytes of user_id, with [] and in canonical form', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'tags.sqlite');
    await run(['db', 'init', '--database', `sqlite:${path}`]);
    const rows: readonly (readonly [string, string])[] = [
      ['zoë', '[3, 1, 10]'],
      ['a,"b"', '[]'],
      ['用户', '[2]'],
      [' lead', '[1,1]'],
    ];
    for (const [user, tags] of rows) sql(path, `INSERT INTO user_tags (user_id, tag_ids) VALUES ('${user}', '${tags}')`);
    const csv = await run(['user-tags', 'export', '--database', `sqlite:${path}`, '--format', 'csv']);
    expect(csv.code).toBe(0);
    expect(csv.stdout).toBe('user_id,tag_ids\r\n" lead",[1]\r\n"a,""b""",[]\r\nzoë,"[1,3,10]"\r\n用户,[2]\r\n');
    const jsonl = await run(['user-tags', 'export', '--database', `sqlite:${path}`, '--format', 'jsonl']);
    expect(jsonl.stdout.trim().split('\n')[2]).toBe('{"user_id":"zoë","tag_ids":[1,3,10]}');
  });

  test('lines of odd rows', () => {
    expect(headOf('jsonl')).toBe('');
    expect(canonicalTagIds(null)).toBe('[]');
    expect(canonicalTagIds('not json')).toBe('"not json"');
    expect(canonicalTagIds('["2",1]')).toBe('[1,2]');
    expect(lineOf('csv', 'two\nlines', '[1]')).toBe('"two\nlines",[1]\r\n');
  });
});
