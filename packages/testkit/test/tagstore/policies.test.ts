/** Policies of tags and tags by hand, on SQLite and on MariaDB. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMetadata } from '@tagmill/manager/tagstore/open';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type MariadbServer, startMariadb } from '../../src/mariadb.ts';

let server: MariadbServer;
let directory: string;
beforeAll(async () => {
  server = await startMariadb();
  await server.createDatabase('policies');
  directory = await mkdtemp(join(tmpdir(), 'tagmill-policies-'));
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

const TAG = { tagId: 7, tagName: 'seven', category: 'x', description: null, isActive: true, ruleJson: '{"a": 1}' };
const said = { who: 'ann', reason: 'as agreed', updatedMs: 1_790_000_000_123 };

const PLACES = [
  ['SQLite', () => `sqlite:${join(directory, 'tags.db')}`],
  ['MariaDB', () => server.url('policies')],
] as const;

it.each(PLACES)('on %s what is said of a user and a tag is written into the row and recorded, and the newest stands', async (_, url) => {
  const metadata = openMetadata(url());
  try {
    await metadata.init();
    await metadata.importRules([TAG]);
    const say = (userId: string, kind: 'include' | 'exclude' | 'clear') =>
      metadata.overrides.set({ userId, tagId: 7, kind, who: 'ann', reason: `${kind} 因为`, atMs: 1_790_000_000_123 });
    expect(await say('b', 'include')).toBe(true);
    expect(await say('ä', 'exclude')).toBe(true);
    expect(await say('c', 'clear')).toBe(true);
    expect(await metadata.userTagsOf('c')).toBeUndefined();
    const stored = await metadata.userTagsOf('b');
    expect(JSON.parse(stored!.tagIds!)).toEqual([7]);
    expect(JSON.parse(stored!.tagDetails!)).toMatchObject({ 7: { tag_name: 'seven', source: 'MANUAL', reason: 'include 因为' } });
    expect((await metadata.overrides.of(7)).map(({ userId, kind }) => [userId, kind])).toEqual([
      ['b', 'include'],
      ['ä', 'exclude'],
    ]);
    const holders: unknown[] = [];
    await metadata.eachHolder([7], ({ userId, byHand }) => void holders.push([userId, byHand]));
    expect([holders, [...(await metadata.overrides.excluded([7]))]]).toEqual([[['b', true]], [[7, ['ä']]]]);
    expect(await say('b', 'exclude')).toBe(true);
    expect(await say('b', 'clear')).toBe(true);
    expect(JSON.parse((await metadata.userTagsOf('b'))!.tagIds!)).toEqual([]);
    expect((await metadata.overrides.of(7)).map(({ userId }) => userId)).toEqual(['ä']);
    expect(await metadata.overrides.set({ userId: 'b', tagId: 8, kind: 'include', who: 'ann', reason: 'x', atMs: 1 })).toBe(false);
  } finally {
    await metadata.close();
  }
});

it.each(PLACES)('on %s a policy is kept as it was said, replaced whole, and refused for a tag that is not there', async (_, url) => {
  const metadata = openMetadata(url());
  try {
    await metadata.init();
    await metadata.importRules([TAG]);
    expect(await metadata.policies.all()).toEqual([]);
    const first = { tagId: 7, policy: { unknown: 'remove', maxUnknownShare: 0.29, maxMove: 1.5 } as const, ...said };
    expect(await metadata.policies.set(first)).toBe(true);
    expect(await metadata.policies.all()).toEqual([first]);
    const second = { tagId: 7, policy: { unknown: 'keep', maxMove: 0 } as const, ...said, who: 'bo' };
    expect(await metadata.policies.set(second)).toBe(true);
    expect(await metadata.policies.all()).toEqual([second]);
    expect(await metadata.policies.set({ ...first, tagId: 8 })).toBe(false);
  } finally {
    await metadata.close();
  }
});
