/** `_catalog.json` beside the tables: what it may say, and what is told of anything else. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { declaredTables, parseDeclared } from '../../src/sources/declared-tables.ts';
import { FolderStore } from '../../src/sources/folder.ts';

const dir = mkdtempSync(join(tmpdir(), 'tagmill-declared-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const trades = { time: 'at', partitions: 'daily' };

it('reads tables of events and the one that has every user', () => {
  const declared = parseDeclared(JSON.stringify({ primary: 'users', events: { trades, logins: { time: 'day', partitions: 'snapshot' } } }));
  expect(declared.primary).toBe('users');
  expect([...declared.events]).toEqual([
    ['trades', trades],
    ['logins', { time: 'day', partitions: 'snapshot' }],
  ]);
  expect(parseDeclared('{}')).toEqual({ primary: null, events: new Map(), fields: new Map() });
});

it('reads what fields mean, in one language or both', () => {
  const age = { title: { en: 'Age', zh: '年龄' }, description: { zh: '周岁' }, domain: 'profile' };
  const { fields } = parseDeclared(JSON.stringify({ fields: { users: { age, level: { title: { en: 'Level' } } } } }));
  expect(fields.get('users')?.get('age')).toEqual(age);
  expect(fields.get('users')?.get('level')).toEqual({ title: { en: 'Level' } });
});

it.each([
  ['{', /it is no JSON/],
  ['[]', /it is no object/],
  ['{"evnts": {}}', /unknown key `evnts`; it takes primary, events and fields/],
  ['{"primary": 3}', /`primary` is no text/],
  ['{"events": []}', /`events` is no object/],
  ['{"events": {"t": 3}}', /`events`\.`t` is no object/],
  ['{"events": {"t": {"time": "at"}}}', /`partitions` of `events`\.`t` is `snapshot` or `daily`/],
  ['{"events": {"t": {"partitions": "daily"}}}', /`time` of `events`\.`t`, a column of date or timestamp, is no text/],
  ['{"events": {"t": {"time": "at", "partitions": "daily", "key": "x"}}}', /unknown key `key`/],
  ['{"fields": {"t": {"f": {"titel": {}}}}}', /unknown key `titel`; it takes title, description and domain/],
  ['{"fields": {"t": {"f": {"title": "Age"}}}}', /`title` of `fields`\.`t`\.`f` is no object/],
  ['{"fields": {"t": {"f": {"title": {"fr": "Âge"}}}}}', /unknown key `fr`; it takes en and zh/],
  ['{"fields": {"t": {"f": {"description": {"zh": ""}}}}}', /`zh` of `description` of `fields`\.`t`\.`f` is no text/],
  ['{"primary": "t", "events": {"t": {"time": "at", "partitions": "daily"}}}', /`primary` is t, which `events` names too/],
])('refuses %s', (text, message) => {
  expect(() => parseDeclared(text)).toThrow(message);
  expect(() => parseDeclared(text)).toThrow(/^_catalog\.json beside the tables cannot be used/);
});

it('a place without the file declares nothing; one with an empty file is refused', async () => {
  const store = new FolderStore(dir);
  expect((await declaredTables(store)).events.size).toBe(0);
  writeFileSync(join(dir, '_catalog.json'), '');
  await expect(declaredTables(store)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
