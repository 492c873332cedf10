/** The analyst's way over the public API of real processes: check, save, explain, preview, held against the fixtures' own evaluation. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  CatalogAnswer,
  CheckAnswer,
  ExplainAnswer,
  ExplainNode,
  PreviewAnswer,
  PreviewBody,
  RuleAnswer,
  SaveAnswer,
  TestAnswer,
  VersionList,
} from '@tagmill/shared/api/rules';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endAll, run } from '../../src/e2e/command.ts';
import { Fleet, SECRETS } from '../../src/e2e/fleet.ts';
import { followPreview } from '../../src/e2e/follow-preview.ts';
import { randomRule, randoms } from '../../src/e2e/random-rules.ts';
import { type Evaluated, evaluation } from '../../src/e2e/oracle.ts';
import { SqliteTargets, type Target } from '../../src/e2e/target.ts';

const PAIRS = Number(process.env['TAGMILL_EXPLAIN_PAIRS'] ?? 2_000);
const RANDOM_RULES = Number(process.env['TAGMILL_RANDOM_RULES'] ?? 8);
/** Tags of the fixtures whose rules hold; 90 is inactive, 91 to 93 are broken. */
const TAGS = Array.from({ length: 23 }, (_, index) => index + 1);

const sqlite = new SqliteTargets();
const expected = evaluation();
let target: Target;
let fleet: Fleet;
let firstRun: string;

beforeAll(async () => {
  target = await sqlite.make('empty');
  // Fewer and larger shards than other tests have: a preview asks for each.
  fleet = new Fleet({ databaseUrl: target.url, directory: join(sqlite.directory, 'analyst'), args: ['--shard-rows', '4000'] });
  await fleet.startManager();
  fleet.startExecutor('one', { slots: 2 });
  await fleet.executorIs('one', ['connected']);
});
afterAll(async () => {
  endAll();
  await target?.close();
  sqlite.remove();
});

const send = async <T>(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) => {
  const answer = await fleet.call(method, path, body, headers);
  return { status: answer.status, etag: answer.headers.get('etag'), body: (await answer.json()) as T };
};

const rule = (field: string, operator: string, value: unknown): unknown => ({ logic: 'AND', conditions: [{ field, operator, value }] });

/** The letter that the fixtures expect; undefined: the tag is not evaluated for the user. */
const letterOf = ({ T, F, U }: Evaluated, tag: number): 'T' | 'F' | 'U' | undefined =>
  T.includes(tag) ? 'T' : F.includes(tag) ? 'F' : U.includes(tag) ? 'U' : undefined;

describe('before any run', () => {
  test('the catalogue is read by an executor', async () => {
    const { body } = await send<CatalogAnswer>('GET', '/api/v1/catalog');
    expect(body.basis).toMatchObject({ run_id: null, business_date: '2026-11-22', time_zone: 'Asia/Shanghai' });
    expect(body.fields).toContainEqual(
      expect.objectContaining({ name: 'total_asset_value', table: 'user_asset_summary', type: 'decimal(20,8)' }),
    );
    expect(body.fields.filter(({ name }) => name === 'user_id')).toHaveLength(3);
    expect(body.operators.map(({ name }) => name)).toContain('in_range');
  });

  test('a check names every error with path and suggestion, and what contradicts itself', async () => {
    const broken = {
      logic: 'AND',
      conditions: [
        { field: 'total_asset_valu', operator: '>=', value: 1 },
        { field: 'age', operator: 'contain', value: 'x' },
      ],
    };
    const { body } = await send<CheckAnswer>('POST', '/api/v1/rules/check', { rule: broken });
    expect(body).toMatchObject({ ok: false, words: null });
    expect(body.errors.map(({ code, path, suggestion }) => [code, path, suggestion])).toEqual([
      ['FIELD_UNKNOWN', '/conditions/0/field', 'total_asset_value'],
      ['OPERATOR_UNKNOWN', '/conditions/1/operator', 'contains'],
    ]);
    const empty = {
      logic: 'AND',
      conditions: [
        { field: 'age', operator: '>', value: 30 },
        { field: 'age', operator: '<', value: 20 },
      ],
    };
    const { body: warned } = await send<CheckAnswer>('POST', '/api/v1/rules/check', { rule: empty });
    expect(warned).toMatchObject({ ok: true, warnings: [{ code: 'ALWAYS_FALSE', path: '' }] });
    expect((await send<CheckAnswer>('POST', '/api/v1/rules/check', { rule: '{"field": 1' })).body.errors[0]?.code).toBe('RULE_JSON');
    expect((await send('POST', '/api/v1/rules/check', {})).status).toBe(400);
  });

  test('a user is explained over the newest tables', async () => {
    const { body } = await send<ExplainAnswer>('GET', `/api/v1/users/${encodeURIComponent('user_000001')}/tags/1/explain`);
    expect(body).toMatchObject({ basis: { run_id: null }, rule_version: 1, stored: { agreement: 'not-merged' } });
    expect(body.sources[0]).toMatchObject({ table: 'user_asset_summary', partition: '2026-11-22' });
  });
});

describe('after a run', () => {
  beforeAll(async () => {
    firstRun = await fleet.createRun({ mode: 'task-all', business_date: '2026-11-22' });
    expect((await fleet.ended(firstRun)).state).toBe('partial');
  });

  test(`${PAIRS} explanations give the fixtures’ letter, agree with the stored row, and each change that they name turns the rule`, async () => {
    const next = randoms(20_261_122);
    const wrong: string[] = [];
    const flips = new Map<number, { readonly answer: ExplainAnswer; readonly row: Record<string, unknown> }[]>();
    for (let done = 0; done < PAIRS; done += 1) {
      const user = expected[Math.floor(next() * expected.length)]!;
      const tag = TAGS[Math.floor(next() * TAGS.length)]!;
      const { body } = await send<ExplainAnswer>(
        'GET',
        `/api/v1/users/${encodeURIComponent(user.user_id)}/tags/${tag}/explain?run=${firstRun}`,
      );
      const letter = letterOf(user, tag);
      const name = `${JSON.stringify(user.user_id)}, tag ${tag}`;
      if (body.evaluated !== (letter !== undefined)) wrong.push(`${name}: evaluated ${body.evaluated}, and is ${letter}`);
      if (letter !== undefined && body.result !== letter) wrong.push(`${name}: ${body.result} instead of ${letter}`);
      const agrees = letter === undefined ? 'not-evaluated' : letter === 'U' ? 'unknown-keeps' : 'agrees';
      if (body.stored.agreement !== agrees) wrong.push(`${name}: ${body.stored.agreement} instead of ${agrees}`);
      if (letter === undefined || body.flip === null) continue;
      flips.set(tag, [...(flips.get(tag) ?? []), { answer: body, row: rowOf(body) }]);
    }
    expect(wrong).toEqual([]);
    for (const [tag, found] of flips) {
      // The change is tried by another door: as an example of the rule.
      const { rule_text } = (await send<RuleAnswer>('GET', `/api/v1/tags/${tag}/rule`)).body.live!;
      const examples = found
        .slice(0, 200)
        .map(({ answer, row }) => ({ name: answer.user_id.slice(0, 200) || 'empty', row, expect: answer.flip!.result }));
      const { body } = await send<TestAnswer>('POST', '/api/v1/rules/test', { rule: rule_text, examples });
      wrong.push(...body.results.filter((one) => !one.ok).map((one) => `tag ${tag}, ${one.name}: ${one.problem ?? one.got}`));
    }
    expect(wrong).toEqual([]);
    expect([...flips.values()].flat().length).toBeGreaterThan(PAIRS / 2);
  });

  test('a preview of a live rule counts what the run found, and nobody moves', async () => {
    for (const tag of [1, 9, 20, 22]) {
      const { rule_text } = (await send<RuleAnswer>('GET', `/api/v1/tags/${tag}/rule`)).body.live!;
      const { figures } = await preview({ rule: rule_text, tag_id: tag });
      const count = (letter: 'T' | 'U'): number => expected.filter((user) => letterOf(user, tag) === letter).length;
      expect(figures, `tag ${tag}`).toMatchObject({ matched: count('T'), unknown: count('U'), enter: 0, exit: 0, stay: count('T') });
    }
  });

  test('paths are those of the rule as it is written, in explanations and previews', async () => {
    const { rule_text } = (await send<RuleAnswer>('GET', '/api/v1/tags/20/rule')).body.live!;
    const { parts } = await preview({ rule: rule_text, tag_id: 20 });
    expect(parts.map(({ path, words }) => [path, words])).toEqual([
      ['/conditions/0', 'total_asset_value > 0'],
      ['/conditions/1', 'not ((trade_count_30d > 0 or login_count_7d > 0))'],
      ['/conditions/1/conditions/0', 'trade_count_30d > 0 or login_count_7d > 0'],
      ['/conditions/1/conditions/0/conditions/0', 'trade_count_30d > 0'],
      ['/conditions/1/conditions/0/conditions/1', 'login_count_7d > 0'],
    ]);
    const alone = await preview({ rule: rule('total_asset_value', '>', 0) });
    // Alone the condition asks only users of its own table; beside the others, those of both.
    expect(parts[0]!.matched).toBe(alone.figures!.matched);
    const { tree } = (await send<ExplainAnswer>('GET', `/api/v1/users/user_000017/tags/20/explain?run=${firstRun}`)).body;
    expect(tree.children.map(({ path, logic, words }) => [path, logic, words])).toEqual([
      ['/conditions/0', null, 'total_asset_value > 0'],
      ['/conditions/1', 'NOT', 'not'],
    ]);
  });

  test('a rule is counted beside every other tag: what they share, what is equal, what holds what', async () => {
    const { rule_text } = (await send<RuleAnswer>('GET', '/api/v1/tags/1/rule')).body.live!;
    const { overlap, verdict } = await preview({ rule: rule_text, overlap: true });
    const having = (tag: number): Evaluated[] => expected.filter((user) => letterOf(user, tag) === 'T');
    const own = new Set(having(1).map((user) => user.user_id));
    for (const tag of TAGS) {
      const users = having(tag);
      const both = users.filter((user) => own.has(user.user_id)).length;
      expect(overlap.find((one) => one.tag_id === tag)).toMatchObject({ matched: users.length, both });
    }
    expect([verdict, overlap[0]]).toEqual([null, expect.objectContaining({ tag_id: 1, relation: 'equal' })]);
    const narrower = await preview({ rule: rule('total_asset_value', '>=', 400_000), overlap: true });
    expect(narrower.overlap.find((one) => one.tag_id === 1)?.relation).toBe('contained');
    expect((await preview({ rule: rule('age', '<', -1000) })).verdict).toBe('empty');
  });

  test('a changed rule is previewed, saved, run, and does what the preview said', async () => {
    const changed = rule('total_asset_value', '>=', 50000);
    const seen = await preview({ rule: changed, tag_id: 1 });
    expect(seen).toMatchObject({ live_version: 1, exact: true, shards_done: seen.shards_total });
    expect(seen.parts).toEqual([{ path: '/conditions/0', words: 'total_asset_value >= 50000', matched: seen.figures!.matched }]);
    expect(seen.samples.enter.length).toBe(10);
    const before = await send<RuleAnswer>('GET', '/api/v1/tags/1/rule');
    const saved = await send<SaveAnswer>(
      'PUT',
      '/api/v1/tags/1/rule',
      { rule: changed, reason: 'lower limit' },
      { 'if-match': before.etag! },
    );
    expect(saved).toMatchObject({
      status: 200,
      body: { version: { version: 2, state: 'live', who: 'api-key' }, undecided: ['/conditions/0'] },
    });
    const runId = await fleet.createRun({ mode: 'task-tags', tag_ids: [1], business_date: '2026-11-22' });
    const report = await fleet.ended(runId);
    const { matched, enter, exit } = seen.figures!;
    expect(report.tags[0]).toMatchObject({ matched, entered: enter, exited: exit });
    const rows = new Map((await target.rows()).map((row) => [row.userId, row]));
    for (const user of seen.samples.enter) {
      expect(JSON.parse(rows.get(user)!.tagIds)).toContain(1);
      expect(JSON.parse(rows.get(user)!.tagDetails!)['1']).toMatchObject({ rule_version: 2 });
    }
    // The first run is explained by the rule that it pinned.
    const first = await send<ExplainAnswer>(
      'GET',
      `/api/v1/users/${encodeURIComponent(seen.samples.enter[0]!)}/tags/1/explain?run=${firstRun}`,
    );
    expect(first.body).toMatchObject({ rule_version: 1, result: 'F', stored: { agreement: 'other-run' } });
    const now = await send<ExplainAnswer>('GET', `/api/v1/users/${encodeURIComponent(seen.samples.enter[0]!)}/tags/1/explain`);
    expect(now.body).toMatchObject({ rule_version: 2, result: 'T', stored: { agreement: 'agrees' } });
  });

  test(`${RANDOM_RULES} random rules: what the preview counts is what the run finds`, async () => {
    const next = randoms(7);
    // The other tags of the test are left alone.
    const tags = [13, 14, 15, 16, 17, 18, 19, 21];
    for (let done = 0; done < RANDOM_RULES; done += tags.length) {
      const rules = new Map(tags.slice(0, RANDOM_RULES - done).map((tag) => [tag, randomRule(next, 2)]));
      const seen = new Map<number, PreviewAnswer>();
      for (const [tag, one] of rules) {
        seen.set(tag, await preview({ rule: one, tag_id: tag }));
        const { etag } = await send<RuleAnswer>('GET', `/api/v1/tags/${tag}/rule`);
        const put = await send('PUT', `/api/v1/tags/${tag}/rule`, { rule: one, reason: 'random' }, { 'if-match': etag! });
        expect(put.status, JSON.stringify([one, put.body])).toBe(200);
      }
      const report = await fleet.ended(
        await fleet.createRun({ mode: 'task-tags', tag_ids: [...rules.keys()], business_date: '2026-11-22' }),
      );
      for (const { tag_id, matched, unknown } of report.tags) {
        const { figures } = seen.get(tag_id)!;
        expect({ matched, unknown }, JSON.stringify(rules.get(tag_id))).toEqual({ matched: figures!.matched, unknown: figures!.unknown });
      }
    }
  });

  test('a preview can be cancelled, and one of a broken rule does not begin', async () => {
    const begun = await send<PreviewAnswer>('POST', '/api/v1/rules/previews', { rule: rule('age', '>', 1) });
    expect(begun.status).toBe(202);
    const cancelled = await send<PreviewAnswer>('POST', `/api/v1/rules/previews/${begun.body.preview_id}/cancel`, {});
    expect(['cancelled', 'done']).toContain(cancelled.body.state);
    expect(await send('POST', '/api/v1/rules/previews', { rule: rule('ag', '>', 1) })).toMatchObject({
      status: 422,
      body: { code: 'RULE_INVALID' },
    });
    expect((await send('GET', '/api/v1/rules/previews/none')).status).toBe(404);
  });
});

describe('saving', () => {
  test('without an ETag 428, with an old one 412 and the difference, broken 422 with all errors, and nothing is saved', async () => {
    const path = '/api/v1/tags/7/rule';
    const { etag } = await send<RuleAnswer>('GET', path);
    const body = { rule: rule('age', 'in_range', [20, 30]), reason: 'older' };
    expect(await send('PUT', path, body)).toMatchObject({ status: 428, body: { code: 'IF_MATCH_MISSING', facts: { etag } } });
    expect((await send('PUT', path, body, { 'if-match': etag! })).status).toBe(200);
    const late = await send<{ facts: { diff: { op: string; text: string }[] } }>(
      'PUT',
      path,
      { ...body, rule: rule('age', 'in_range', [1, 2]) },
      { 'if-match': etag! },
    );
    expect(late).toMatchObject({ status: 412, body: { code: 'RULE_CONFLICT', facts: { etag: '"v2.2"' } } });
    expect(late.body.facts.diff.filter(({ op }) => op !== 'same')).toEqual([
      { op: 'removed', text: '    { "field": "age", "operator": "in_range", "value": [20, 30] }' },
      { op: 'added', text: '    { "field": "age", "operator": "in_range", "value": [1, 2] }' },
    ]);
    const broken = {
      ...body,
      rule: {
        logic: 'OR',
        conditions: [
          { field: 'agee', operator: '=', value: 1 },
          { field: 'age', operator: '=', value: 'x' },
        ],
      },
    };
    const refused = await send<{ facts: { errors: { code: string }[] } }>('PUT', path, broken, { 'if-match': '"v2.2"' });
    expect(refused).toMatchObject({ status: 422, body: { code: 'RULE_INVALID' } });
    expect(refused.body.facts.errors.map(({ code }) => code)).toEqual(['FIELD_UNKNOWN', 'OPERAND_TYPE']);
    expect((await send<VersionList>('GET', `${path}/versions`)).body.versions.map(({ version, state }) => [version, state])).toEqual([
      [2, 'live'],
      [1, 'past'],
    ]);
  });

  test('examples stay with the rule: a save that breaks one is refused and shows it', async () => {
    const path = '/api/v1/tags/6/rule';
    const { etag } = await send<RuleAnswer>('GET', path);
    const examples = [
      { name: 'rich', row: { cash_balance: '50000' }, expect: 'T' },
      { name: 'nothing known', row: {}, expect: 'U' },
    ];
    const first = await send<SaveAnswer>(
      'PUT',
      path,
      { rule: rule('cash_balance', '>=', 50000), examples, reason: 'with examples' },
      { 'if-match': etag! },
    );
    expect(first).toMatchObject({ status: 200, body: { undecided: [] } });
    const refused = await send<{ facts: { results: unknown[] } }>(
      'PUT',
      path,
      { rule: rule('cash_balance', '>=', 60000), reason: 'higher' },
      { 'if-match': first.etag! },
    );
    expect(refused).toMatchObject({ status: 422, body: { code: 'EXAMPLE_BROKEN' } });
    expect(refused.body.facts.results).toContainEqual({ name: 'rich', expect: 'T', got: 'F', ok: false, problem: null });
    expect((await send<TestAnswer>('POST', `${path}/test`, {})).body).toMatchObject({ ok: true, results: [{ ok: true }, { ok: true }] });
  });

  test('a draft waits until it is made live; an old version comes back as a new one; an edit in the database is a version', async () => {
    const path = '/api/v1/tags/3/rule';
    const { etag } = await send<RuleAnswer>('GET', path);
    const draft = await send<SaveAnswer>(
      'PUT',
      path,
      { rule: rule('risk_score', '<=', 25), reason: 'try', state: 'draft' },
      { 'if-match': etag! },
    );
    const seen = await send<RuleAnswer>('GET', path);
    expect(seen.body).toMatchObject({ live: { version: 1 }, draft: { version: 2, state: 'draft' } });
    const live = await send<SaveAnswer>('POST', `${path}/publish`, { version: 2, reason: 'tried' }, { 'if-match': draft.etag! });
    expect(live).toMatchObject({ status: 200, body: { version: { version: 2, state: 'live' } } });
    expect((await send('POST', `${path}/publish`, { version: 2, reason: 'again' }, { 'if-match': live.etag! })).status).toBe(409);
    const back = await send<SaveAnswer>('POST', `${path}/restore`, { version: 1, reason: 'too few' }, { 'if-match': live.etag! });
    expect(back.body.version).toMatchObject({ version: 3, state: 'live' });
    await target.exec(`UPDATE tag_rules SET rule_conditions = '{"field": "risk_score", "operator": "<", "value": 20}' WHERE tag_id = 3`);
    const { body } = await send<VersionList>('GET', `${path}/versions`);
    expect(body.versions[0]).toMatchObject({ version: 4, state: 'live', who: 'database', reason: 'edited in the database' });
    expect((await send('GET', '/api/v1/tags/999/rule')).status).toBe(404);
  });

  test('conditions on the population and on other tags are previewed, run and explained', async () => {
    const wide = {
      logic: 'OR',
      conditions: [
        {
          logic: 'AND',
          conditions: [
            { operator: 'has_tag', value: 9 },
            { field: 'age', operator: '<', value: 25 },
          ],
        },
        { field: 'total_asset_value', operator: 'top_n', value: 40 },
      ],
    };
    const path = '/api/v1/tags/12/rule';
    const { etag } = await send<RuleAnswer>('GET', path);
    const seen = await preview({ rule: wide, tag_id: 12 });
    expect((await send('PUT', path, { rule: wide, reason: 'wide' }, { 'if-match': etag! })).status).toBe(200);
    const runId = await fleet.createRun({ mode: 'task-tags', tag_ids: [9, 12], business_date: '2026-11-22' });
    const report = await fleet.ended(runId);
    expect(report.tags.find((one) => one.tag_id === 12)).toMatchObject({ state: 'succeeded', matched: seen.figures!.matched });
    const upstream = (await send<RuleAnswer>('GET', '/api/v1/tags/9/rule')).body.live!;
    expect((await preview({ rule: upstream.rule_text, tag_id: 9 })).downstream).toEqual([{ tag_id: 12, tag_name: expect.any(String) }]);
    const rows = await target.rows();
    const holders = rows.filter((row) => (JSON.parse(row.tagIds) as number[]).includes(12)).slice(0, 15);
    const others = rows.filter((row) => !(JSON.parse(row.tagIds) as number[]).includes(12)).slice(0, 15);
    for (const { userId } of [...holders, ...others]) {
      const { body } = await send<ExplainAnswer>('GET', `/api/v1/users/${encodeURIComponent(userId)}/tags/12/explain?run=${runId}`);
      expect(['agrees', 'unknown-keeps', 'not-evaluated'], `${userId}: ${body.result}, ${body.stored.sentence}`).toContain(
        body.stored.agreement,
      );
      if (body.evaluated) expect(body.result === 'T').toBe(holders.some((one) => one.userId === userId));
    }
  });

  test('the command line does the same', async () => {
    const flags = ['--manager', fleet.http];
    const env = { TAGMILL_API_KEY: SECRETS.TAGMILL_API_KEY };
    const file = join(sqlite.directory, 'rule.json');
    writeFileSync(file, JSON.stringify(rule('login_count_7d', '>', 3)));
    const put = await run(['rules', 'put', '2', file, '--reason', 'by command', ...flags], { env });
    expect(put, put.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining('tag 2 is at version 2 (live)') });
    expect((await run(['rules', 'diff', '2', ...flags], { env })).stdout).toContain(
      '+     { "field": "login_count_7d", "operator": ">", "value": 3 }',
    );
    expect((await run(['rules', 'versions', '2', ...flags], { env })).stdout).toMatch(/2 {2}live .* by command/);
    expect((await run(['rules', 'check', file, ...flags], { env })).stdout).toBe('ok: login_count_7d > 3\n');
    writeFileSync(file, JSON.stringify(rule('login_count_7', '>', 3)));
    expect(await run(['rules', 'put', '2', file, '--reason', 'broken', ...flags], { env })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('FIELD_UNKNOWN at /conditions/0/field'),
    });
    expect(await run(['rules', 'restore', '2', '--version-number', '1', '--reason', 'back', ...flags], { env })).toMatchObject({ code: 0 });
    const explained = await run(['explain', 'user_000001', '1', ...flags], { env });
    expect(explained.stdout).toContain('smallest change: total_asset_value from 1775 to 50000 gives the tag');
  });
});

const preview = (body: PreviewBody): Promise<PreviewAnswer> => followPreview(fleet, body);

/** The user's values as an example of the rule has them, with the change that was named. */
function rowOf(answer: ExplainAnswer): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  const visit = (node: ExplainNode): void => {
    for (const { table, field, value } of node.values) if (value !== null) row[`${table}.${field}`] = value;
    for (const child of node.children) visit(child);
  };
  visit(answer.tree);
  const { table, field, to } = answer.flip!;
  row[`${table}.${field}`] = to;
  return row;
}
