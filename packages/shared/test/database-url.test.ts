import { describe, expect, it } from 'vitest';
import { describeDatabase, parseDatabaseUrl } from '../src/database-url.ts';

describe('database URLs', () => {
  it.each([
    ['sqlite:tags.db', { kind: 'sqlite', path: 'tags.db' }],
    ['sqlite:/data/tags.db', { kind: 'sqlite', path: '/data/tags.db' }],
    ['sqlite:///data/tags.db', { kind: 'sqlite', path: '/data/tags.db' }],
    ['mysql://me:p%40ss@db:3307/tags', { kind: 'mysql', host: 'db', port: 3307, user: 'me', password: 'p@ss', database: 'tags' }],
    ['mysql://me@[::1]/tags', { kind: 'mysql', host: '::1', port: 3306, user: 'me', password: 'from outside', database: 'tags' }],
  ])('%s', (url, target) => {
    expect(parseDatabaseUrl(url, 'from outside')).toEqual(target);
  });

  it.each([
    '',
    'sqlite:',
    'postgres://u:secret@h/d',
    'mysql://u:secret@h',
    'mysql://:secret@h/d',
    'mysql://u:secret@h:port/d',
    'mysql://u:secret%@h/d',
    'mysql://u:secret@h/a/b',
  ])('%s is refused, without its password', (url) => {
    let message = '';
    try {
      parseDatabaseUrl(url);
    } catch (error) {
      message = JSON.stringify([String(error), (error as Error).cause]);
      expect(error).toMatchObject({ code: 'USAGE' });
    }
    expect(message).not.toBe('');
    expect(message).not.toContain('secret');
  });

  it('is shown without the password', () => {
    expect(describeDatabase(parseDatabaseUrl('mysql://me:secret@db/tags'))).toBe('mysql://me@db:3306/tags');
  });
});
