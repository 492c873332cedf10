/** Tags at a glance, one user's tags, and the inbox: over a database, as the API's description says. */
import { inboxAnswer, tagOverview, userTagsAnswer } from '@tagmill/shared/api/tag-overview';
import { expect, test } from 'vitest';
import { openRuleBench, RULE } from './rule-bench.ts';
import { openMouths } from './support.ts';

test('every tag with its versions; a proposal stands in the inbox until it is answered', async () => {
  await using mouths = await openMouths();
  await using bench = await openRuleBench(true);
  mouths.port.rules = bench.rules;
  mouths.port.board = bench.board;
  await bench.metadata.versions.pinned(1);
  const before = await mouths.call('GET', '/api/v1/tags/overview');
  expect(tagOverview.parse(before.body)).toEqual(before.body);
  expect(before.body.tags).toEqual([
    {
      ...{ tag_id: 1, tag_name: 'rich', domain: 'other', description: '', is_active: true },
      ...{ live_version: 1, newest: { version: 1, state: 'live' }, last: null, sizes: [] },
    },
  ]);
  const save = { rule: { ...RULE, value: 5 }, reason: 'lower' };
  const saved = await mouths.call('PUT', '/api/v1/tags/1/rule', save, { 'if-match': '"v1.1"', 'x-tagmill-who': 'ann' });
  const inbox = await mouths.call('GET', '/api/v1/inbox');
  expect(inboxAnswer.parse(inbox.body)).toEqual(inbox.body);
  expect(inbox.body.items).toMatchObject([{ kind: 'approval', tag_id: 1, version: 2, who: 'api-key:ann', sentence: 'lower' }]);
  expect((await mouths.call('GET', '/api/v1/tags/overview')).body.tags[0]).toMatchObject({
    live_version: 1,
    newest: { version: 2, state: 'proposed' },
  });
  const headers = { 'if-match': saved.body.etag, 'x-tagmill-who': 'bob' };
  expect((await mouths.call('POST', '/api/v1/tags/1/rule/reject', { version: 2, reason: 'no' }, headers)).status).toBe(200);
  expect((await mouths.call('GET', '/api/v1/inbox')).body.items).toEqual([]);
});

test('the tags of a user: by rules, by hand, kept away by hand, and a row that cannot be read', async () => {
  await using mouths = await openMouths();
  await using bench = await openRuleBench();
  mouths.port.board = bench.board;
  const ofUser = async (user: string) => {
    const answer = await mouths.call('GET', `/api/v1/users/${user}/tags`);
    expect(userTagsAnswer.parse(answer.body)).toEqual(answer.body);
    return answer.body;
  };
  expect(await ofUser('nobody')).toMatchObject({ found: false, readable: true, tags: [], excluded: [] });
  const details = {
    1: { tag_name: 'rich', reason: 'total_asset_value >= 100000', source: 'AUTO', since: '2026-11-22', rule_version: 3 },
    9: { source: 'MANUAL', excluded: true, who: 'ann', reason: 'staff', since: '2026-11-20' },
  };
  const insert = (user: string, ids: string, text: string) =>
    bench.database(`INSERT INTO user_tags (user_id, tag_ids, tag_details) VALUES ('${user}', '${ids}', '${text}')`);
  await insert('u', '[1,7]', JSON.stringify(details));
  expect(await ofUser('u')).toMatchObject({
    found: true,
    tags: [
      { tag_id: 1, tag_name: 'rich', source: 'AUTO', since: '2026-11-22', rule_version: 3 },
      { tag_id: 7, tag_name: null, source: null },
    ],
    excluded: [{ tag_id: 9, who: 'ann', reason: 'staff' }],
  });
  await insert('odd', '{"1":', '{}');
  expect(await ofUser('odd')).toMatchObject({ found: true, readable: false, tags: [] });
});
