/** The routes of rules: bodies, answers and refusals as the API's description says. */
import {
  catalogAnswer,
  checkAnswer,
  diffAnswer,
  explainAnswer,
  previewAnswer,
  proposalList,
  ruleAnswer,
  saveAnswer,
  testAnswer,
  versionList,
} from '@tagmill/shared/api/rules';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ZodType } from 'zod';
import { openRuleBench, RULE, type RuleBench } from './rule-bench.ts';
import { type Answer, type Mouths, openMouths } from './support.ts';

let mouths: Mouths;
let bench: RuleBench;
beforeAll(async () => {
  mouths = await openMouths();
});
beforeEach(async () => {
  await bench?.[Symbol.asyncDispose]();
  bench = await openRuleBench();
  mouths.port.rules = bench.rules;
});
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  await mouths[Symbol.asyncDispose]();
});

/** The answer is what the API's description says, and no more. */
function fits(schema: ZodType, answer: Answer): void {
  expect(answer.status, answer.text).toBeLessThan(300);
  expect(schema.parse(answer.body)).toEqual(answer.body);
}

const SAVE = { rule: { ...RULE, value: 5 }, reason: 'because' };

test('check, catalogue and test fit their description, and the tables are looked at once', async () => {
  const check = await mouths.call('POST', '/api/v1/rules/check', { rule: { field: 'total_asset_valu', operator: '>=', value: 1 } });
  fits(checkAnswer, check);
  expect(check.body.errors).toEqual([
    {
      code: 'FIELD_UNKNOWN',
      path: '/field',
      message: 'no field `total_asset_valu`; did you mean `total_asset_value`?',
      suggestion: 'total_asset_value',
    },
  ]);
  fits(catalogAnswer, await mouths.call('GET', '/api/v1/catalog'));
  const tested = await mouths.call('POST', '/api/v1/rules/test', {
    rule: RULE,
    examples: [{ name: 'a', row: { total_asset_value: 1 }, expect: 'T' }],
  });
  fits(testAnswer, tested);
  expect(tested.body).toMatchObject({ ok: false, results: [{ got: 'F' }], undecided: [] });
  expect(bench.asked.map(({ kind }) => kind)).toEqual(['plan']);
});

test('a rule as text keeps its digits', async () => {
  const { body } = await mouths.call('POST', '/api/v1/rules/check', {
    rule: '{"field":"total_asset_value","operator":"=","value":9007199254740993}',
  });
  expect(body.errors).toMatchObject([{ code: 'NUMBER_UNSAFE', path: '/value' }]);
});

describe('versions', () => {
  test('read, saved, listed, compared, restored, made live', async () => {
    const got = await mouths.call('GET', '/api/v1/tags/1/rule');
    fits(ruleAnswer, got);
    expect([got.headers.get('etag'), got.body.etag]).toEqual(['"v1.1"', '"v1.1"']);
    const saved = await mouths.call('PUT', '/api/v1/tags/1/rule', { ...SAVE, state: 'draft' }, { 'if-match': '"v1.1"' });
    fits(saveAnswer, saved);
    expect([saved.headers.get('etag'), saved.body.version.who]).toEqual(['"v2.1"', 'api-key']);
    const live = await mouths.call('POST', '/api/v1/tags/1/rule/publish', { version: 2, reason: 'tried' }, { 'if-match': 'W/"v2.1"' });
    fits(saveAnswer, live);
    fits(versionList, await mouths.call('GET', '/api/v1/tags/1/rule/versions'));
    const diff = await mouths.call('GET', '/api/v1/tags/1/rule/diff?from=1&to=2');
    fits(diffAnswer, diff);
    expect(diff.body).toMatchObject({ from: 1, to: 2, equal: false });
    fits(
      saveAnswer,
      await mouths.call('POST', '/api/v1/tags/1/rule/restore', { version: 1, reason: 'back' }, { 'if-match': live.body.etag }),
    );
    fits(testAnswer, await mouths.call('POST', '/api/v1/tags/1/rule/test', {}));
    expect((await bench.metadata.loadRules())[0]?.ruleJson).toBe(JSON.stringify(RULE));
  });

  test.each([
    ['PUT', '', SAVE, {}, 428, 'IF_MATCH_MISSING'],
    ['PUT', '', SAVE, { 'if-match': '"v9.9"' }, 412, 'RULE_CONFLICT'],
    ['PUT', '', SAVE, { 'if-match': '*' }, 412, 'RULE_CONFLICT'],
    ['PUT', '', { rule: {}, reason: 'r' }, { 'if-match': '"v1.1"' }, 422, 'RULE_INVALID'],
    ['PUT', '', { rule: RULE }, { 'if-match': '"v1.1"' }, 400, 'USAGE'],
    ['PUT', '', { reason: 'r' }, { 'if-match': '"v1.1"' }, 400, 'USAGE'],
    ['PUT', '', { ...SAVE, examples: [{ name: 'x', row: {}, expect: 'T' }] }, { 'if-match': '"v1.1"' }, 422, 'EXAMPLE_BROKEN'],
    ['POST', '/restore', { version: 7, reason: 'r' }, { 'if-match': '"v1.1"' }, 404, 'NOT_FOUND'],
    ['POST', '/publish', { version: 1, reason: 'r' }, { 'if-match': '"v1.1"' }, 409, 'ACTION_REFUSED'],
    ['GET', '/diff?from=0', undefined, {}, 400, 'USAGE'],
    ['GET', '/diff?from=5', undefined, {}, 404, 'NOT_FOUND'],
  ] as const)('%s %s %j %j is %d %s, and nothing is saved', async (method, path, body, headers, status, code) => {
    const answer = await mouths.call(method, `/api/v1/tags/1/rule${path}`, body, headers);
    expect(answer).toMatchObject({ status, body: { code } });
    expect((await bench.metadata.versions.read(1))?.versions).toHaveLength(1);
  });

  test('the hash is of the meaning: another order and spacing are the same rule, also beside a version that was found in the database', async () => {
    const [one, two] = [
      { ...RULE, operator: '<' },
      { field: 'total_asset_value', operator: 'is_not_null' },
    ];
    const put = async (rule: unknown, etag: string) =>
      (await mouths.call('PUT', '/api/v1/tags/1/rule', { rule, reason: 'r' }, { 'if-match': etag })).body.version;
    const first = await put({ logic: 'AND', conditions: [one, two] }, '"v1.1"');
    const second = await put({ conditions: [two, one, two], logic: 'AND' }, '"v2.2"');
    const third = await put({ logic: 'OR', conditions: [one, two] }, '"v3.3"');
    expect([first.hash === second.hash, first.text_hash === second.text_hash, first.hash === third.hash]).toEqual([true, false, false]);
    // The import had no catalogue at hand: its version got the hash with the first save.
    const { versions } = (await mouths.call('GET', '/api/v1/tags/1/rule/versions')).body;
    const single = await put({ logic: 'OR', conditions: [{ ...RULE, value: '100000.0' }] }, '"v4.4"');
    expect(versions.at(-1).hash).toBe(single.hash);
    expect((await mouths.call('GET', '/api/v1/tags/1/rule/diff?from=1&to=5')).body.equal).toBe(true);
    expect((await mouths.call('GET', '/api/v1/tags/1/rule/diff?from=2&to=4')).body.equal).toBe(false);
  });

  test('a tag that is not there is 404 everywhere', async () => {
    for (const path of ['', '/versions', '/diff']) expect((await mouths.call('GET', `/api/v1/tags/99/rule${path}`)).status).toBe(404);
    expect((await mouths.call('PUT', '/api/v1/tags/99/rule', SAVE, { 'if-match': '"v0.0"' })).status).toBe(404);
    expect((await mouths.call('GET', '/api/v1/users/u/tags/99/explain')).status).toBe(404);
  });
});

describe('where rules need an approval', () => {
  const as = (who: string, etag: string): Record<string, string> => ({ 'if-match': etag, 'x-tagmill-who': encodeURIComponent(who) });
  const review = (verb: string, version: number, who: string, etag: string) =>
    mouths.call('POST', `/api/v1/tags/1/rule/${verb}`, { version, reason: `${verb}, says ${who}` }, as(who, etag));
  beforeEach(async () => {
    await bench[Symbol.asyncDispose]();
    bench = await openRuleBench(true);
    mouths.port.rules = bench.rules;
  });

  test('a save is a proposal; its writer cannot approve it, somebody else can; the live rule stays until then', async () => {
    const saved = await mouths.call('PUT', '/api/v1/tags/1/rule', SAVE, as('安', '"v1.1"'));
    fits(saveAnswer, saved);
    expect(saved.body.version).toMatchObject({ version: 2, state: 'proposed', who: 'api-key:安' });
    const { etag } = saved.body;
    fits(ruleAnswer, await mouths.call('GET', '/api/v1/tags/1/rule'));
    const waiting = await mouths.call('GET', '/api/v1/rules/proposals');
    fits(proposalList, waiting);
    expect(waiting.body).toMatchObject({ approval: true, proposals: [{ tag_id: 1, tag_name: 'rich', etag, version: { version: 2 } }] });
    expect(await review('approve', 2, '安', etag)).toMatchObject({ status: 403, body: { code: 'NOT_ALLOWED' } });
    expect(await review('approve', 2, '', etag)).toMatchObject({ status: 403, body: { code: 'NOT_ALLOWED' } });
    expect((await bench.metadata.loadRules())[0]?.ruleJson).toBe(JSON.stringify(RULE));
    const stale = await review('approve', 2, 'bob', '"v1.1"');
    expect(stale).toMatchObject({ status: 412, body: { code: 'RULE_CONFLICT', facts: { etag } } });
    const live = await review('approve', 2, 'bob', etag);
    fits(saveAnswer, live);
    expect(live.body.version).toMatchObject({
      state: 'live',
      who: 'api-key:bob',
      reviews: [
        { kind: 'propose', who: 'api-key:安', reason: 'because' },
        { kind: 'approve', who: 'api-key:bob', reason: 'approve, says bob' },
      ],
    });
    expect((await bench.metadata.loadRules())[0]?.ruleJson).toBe(JSON.stringify(SAVE.rule));
    expect(await review('approve', 2, 'bob', live.body.etag)).toMatchObject({ status: 409, body: { code: 'ACTION_REFUSED' } });
  });

  test('a no ends a proposal, and it can be proposed again by another, whom it then belongs to as well', async () => {
    const { etag } = (await mouths.call('PUT', '/api/v1/tags/1/rule', SAVE, as('ann', '"v1.1"'))).body;
    const no = await review('reject', 2, 'bob', etag);
    fits(saveAnswer, no);
    expect(no.body.version.state).toBe('rejected');
    const again = await review('propose', 2, 'bob', no.body.etag);
    expect(again.body.version.state).toBe('proposed');
    for (const who of ['ann', 'bob']) expect((await review('approve', 2, who, again.body.etag)).status, who).toBe(403);
    expect((await review('approve', 2, 'eve', again.body.etag)).status).toBe(200);
  });

  test.each([
    ['PUT', '', { ...SAVE, state: 'live' }, 'ann', 409, 'APPROVAL_NEEDED'],
    ['PUT', '', SAVE, '', 403, 'NOT_ALLOWED'],
    ['PUT', '', SAVE, 'a\nb', 400, 'USAGE'],
    ['PUT', '', SAVE, 'x'.repeat(101), 400, 'USAGE'],
    ['PUT', '', { rule: {}, reason: 'r' }, 'ann', 422, 'RULE_INVALID'],
    ['POST', '/restore', { version: 1, reason: 'r' }, '', 403, 'NOT_ALLOWED'],
    ['POST', '/publish', { version: 1, reason: 'r' }, 'ann', 409, 'APPROVAL_NEEDED'],
    ['POST', '/approve', { version: 1, reason: 'r' }, 'ann', 409, 'ACTION_REFUSED'],
    ['POST', '/reject', { version: 1, reason: 'r' }, 'ann', 409, 'ACTION_REFUSED'],
    ['POST', '/propose', { version: 9, reason: 'r' }, 'ann', 404, 'NOT_FOUND'],
    ['POST', '/propose', { version: 1 }, 'ann', 400, 'USAGE'],
  ] as const)('%s %s %j by %j is %d %s, and nothing is saved', async (method, path, body, who, status, code) => {
    const answer = await mouths.call(method, `/api/v1/tags/1/rule${path}`, body, as(who, '"v1.1"'));
    expect(answer, answer.text).toMatchObject({ status, body: { code } });
    expect((await bench.metadata.versions.read(1))?.versions).toMatchObject([{ state: 'live', reviews: [] }]);
  });

  test('an approval of what has become wrong in the meantime is refused', async () => {
    const { etag } = (await mouths.call('PUT', '/api/v1/tags/1/rule', SAVE, as('ann', '"v1.1"'))).body;
    await bench.database('UPDATE tag_rule_versions SET rule_conditions = \'{"field": "gone"}\' WHERE version = 2');
    expect(await review('approve', 2, 'bob', etag)).toMatchObject({ status: 422, body: { code: 'RULE_INVALID' } });
    expect(await review('reject', 2, 'bob', etag)).toMatchObject({ status: 200 });
  });
});

describe('explain', () => {
  test('tells value, threshold, letter, source, the change that gives the tag, and the stored row', async () => {
    const answer = await mouths.call('GET', '/api/v1/users/user_1/tags/1/explain');
    fits(explainAnswer, answer);
    expect(answer.body).toMatchObject({
      evaluated: true,
      result: 'F',
      rule_version: 1,
      tree: { truth: 'F', operator: '>=', threshold: '100000', decides: true, values: [{ field: 'total_asset_value', value: '1775.5' }] },
      flip: { field: 'total_asset_value', from: '1775.5', to: '100000', result: 'T' },
      sources: [{ partition: '2026-11-22', row_group: 0 }],
      stored: { tag_ids: null, has_tag: false, agreement: 'not-merged' },
    });
  });

  test('a value that cannot be read, and a user without a row', async () => {
    const odd = await mouths.call('GET', '/api/v1/users/odd/tags/1/explain');
    expect(odd.body).toMatchObject({ result: 'U', tree: { values: [{ value: null, missing_because: 'unreadable', stored: '12abc' }] } });
    const nobody = await mouths.call('GET', '/api/v1/users/nobody/tags/1/explain');
    fits(explainAnswer, nobody);
    expect(nobody.body).toMatchObject({ evaluated: false, flip: null, tree: { values: [{ missing_because: 'no row' }] } });
    expect((await mouths.call('GET', '/api/v1/users/u/tags/1/explain?run=none')).status).toBe(404);
  });
});

test('a preview sums its shards', async () => {
  const begun = await mouths.call('POST', '/api/v1/rules/previews', { rule: SAVE.rule, tag_id: 1 });
  fits(previewAnswer, begun);
  expect(begun.headers.get('location')).toBe(`/api/v1/rules/previews/${begun.body.preview_id}`);
  const seen = await mouths.call('GET', begun.headers.get('location')!);
  fits(previewAnswer, seen);
  expect(seen.body).toMatchObject({
    state: 'done',
    exact: true,
    shards_total: 2,
    live_version: 1,
    figures: { users: 12, matched: 6, unknown: 2, live_matched: 8, enter: 2, exit: 2, stay: 4, unknown_held: 2 },
    samples: { enter: ['a', 'a'], exit: ['b', 'b'] },
  });
});

test('other tags are counted when they are asked for, and fields name the tags that read them', async () => {
  const begun = await mouths.call('POST', '/api/v1/rules/previews', { rule: SAVE.rule, overlap: true });
  const seen = await mouths.call('GET', begun.headers.get('location')!);
  fits(previewAnswer, seen);
  expect(seen.body.overlap).toEqual([{ tag_id: 1, tag_name: 'rich', matched: 6, both: 2, relation: 'overlaps' }]);
  const { body } = await mouths.call('GET', '/api/v1/catalog');
  expect(body.fields.map(({ name, used_by }: { name: string; used_by: number[] }) => [name, used_by])).toEqual([
    ['user_id', []],
    ['total_asset_value', [1]],
  ]);
});
