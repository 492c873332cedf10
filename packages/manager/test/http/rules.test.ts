/** The routes of rules: bodies, answers and refusals as the API's description says. */
import {
  catalogAnswer,
  checkAnswer,
  diffAnswer,
  explainAnswer,
  previewAnswer,
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

  test('a tag that is not there is 404 everywhere', async () => {
    for (const path of ['', '/versions', '/diff']) expect((await mouths.call('GET', `/api/v1/tags/99/rule${path}`)).status).toBe(404);
    expect((await mouths.call('PUT', '/api/v1/tags/99/rule', SAVE, { 'if-match': '"v0.0"' })).status).toBe(404);
    expect((await mouths.call('GET', '/api/v1/users/u/tags/99/explain')).status).toBe(404);
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
