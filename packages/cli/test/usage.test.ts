import { describe, expect, test } from 'vitest';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { VERBS } from '../src/commands/registry.ts';
import { ROOT, run } from './support.ts';

describe('the words of the command line', () => {
  test('every file of commands/ is registered', () => {
    const files = readdirSync(join(ROOT, 'packages/cli/src/commands')).filter((file) => file !== 'registry.ts');
    const registered = VERBS.map((verb) => `${verb.name.replace(' ', '-')}.ts`);
    expect(files.sort()).toEqual(registered.sort());
  });

  test('--version is one line on stdout', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' });
  });

  test('--help names every verb', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const verb of VERBS) expect(stdout).toMatch(new RegExp(`^  ${verb.name.split(' ')[0]} `, 'm'));
  });

  test.each(VERBS.map((verb) => verb.name))('%s --help shows flags and examples', async (name) => {
    const { code, stdout, stderr } = await run([...name.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: tagmill ${name}`);
    expect(stdout).toContain(`$ tagmill ${name}`);
  });

  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no verb', [], /Usage: tagmill/],
    ['an unknown verb', ['task-al'], /unknown command 'task-al' \(Did you mean task-all\?\)/],
    ['an unknown verb of a group', ['rules', 'imprt', 'x'], /Did you mean import\?/],
    ['an unknown flag', ['task-all', '--databse', 'x'], /unknown option '--databse' \(Did you mean --database\?\)/],
    ['a flag without its value', ['task-all', '--database'], /--database <URL>' argument missing/],
    ['a word too many', ['task-all', 'now'], /too many arguments/],
    ['a number that is none', ['task-all', '--executors', 'two'], /`two` is not a whole number from 1 to 256/],
    ['tag ids that are none', ['task-tags', '--tag-ids', '1,x'], /`x` is no tag id/],
    ['a day that does not exist', ['task-all', '--business-date', '2026-02-30'], /`2026-02-30` is no day; write YYYY-MM-DD/],
    ['an instant that is none', ['task-all', '--as-of', 'yesterday'], /neither a day \(YYYY-MM-DD\) nor an instant/],
    ['a zone that is unknown', ['task-all', '--time-zone', 'Asia/Shanghi'], /`Asia\/Shanghi` is no known time zone/],
    ['no tag ids', ['task-tags', '--database', 'sqlite:x', '--tables', 'y'], /required option '--tag-ids <IDS>' not specified/],
    ['no days', ['incremental'], /required option '--days <N>'/],
    ['no users', ['task-users', '--database', 'sqlite:x', '--tables', 'y'], /no users are named/],
    ['no database', ['task-all', '--tables', 'y'], /no database is named; give --database/],
    ['no tables', ['task-all', '--database', 'sqlite:x'], /no tables are named; give --tables/],
    ['a database URL of another kind', ['db', 'init', '--database', 'postgres://u:secret@h/d'], /begins with neither sqlite: nor mysql:/],
    [
      'a file that is not there',
      ['rules', 'import', 'no-such.json', '--database', 'sqlite:x'],
      /FILE_UNREADABLE: cannot read no-such.json: there is no such file/,
    ],
    [
      'flags that a running manager has itself',
      ['task-all', '--manager', 'http://127.0.0.1:1', '--tables', 'x'],
      /--tables cannot be used with --manager/,
    ],
    ['an engine that there is not', ['rules', 'conformance', '--engine', 'fast'], /Allowed choices are reference, sql, index/],
    ['no engine', ['rules', 'conformance'], /'--engine <ENGINE>' not specified/],
    ['a format that is none', ['user-tags', 'export', '--format', 'xml'], /Allowed choices are csv, jsonl/],
  ];
  test.each(refused)('%s ends with 2, one message and nothing on stdout', async (_, args, words) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/\n\s+at |secret/);
  });
});
