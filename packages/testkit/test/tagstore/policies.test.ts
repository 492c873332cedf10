/** Policies of tags, on SQLite and on MariaDB. */
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

it.each([
  ['SQLite', () => `sqlite:${join(directory, 'tags.db')}`],
  ['MariaDB', () => server.url('policies')],
] as const)('on %s a policy is kept as it was said, replaced whole, and refused for a tag that is not there', async (_, url) => {
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
