/** Hostile rules through every door: REST, the command line, and straight into the database. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Prng } from '@tagmill/shared/prng';
import { afterAll, afterEach, expect, test } from 'vitest';
import { readCorpus } from '../../src/corpus.ts';
import { endAll, run } from '../../src/e2e/command.ts';
import { Fleet, SECRETS } from '../../src/e2e/fleet.ts';
import { SqliteTargets } from '../../src/e2e/target.ts';
import { hostileRule } from '../../src/rule-fuzz.ts';

const REST_RULES = 400;
const COMMANDS = 6;
const sqlite = new SqliteTargets();
afterEach(endAll);
afterAll(() => sqlite.remove());

const { cases } = readCorpus();
const valid = [...new Set(cases.filter((one) => one.rule.length < 20_000).map((one) => one.rule))];
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
};

test('no hostile rule brings a door down, and one in the database fails its tag alone', async () => {
  const prng = new Prng(7);
  const target = await sqlite.make('empty');
  const fleet = new Fleet({ databaseUrl: target.url, directory: join(sqlite.directory, 'hostile') });
  await fleet.startManager();
  fleet.startExecutor('one', { slots: 2 });
  await fleet.executorIs('one', ['connected']);
  await fleet.ended(await fleet.createRun({ mode: 'task-tags', tag_ids: [1], business_date: '2026-11-22' }));

  // A rule in a body is JSON, or the text of it; both are sent as they are.
  const post = (path: string, body: string): Promise<Response> =>
    fetch(`${fleet.http}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${SECRETS.TAGMILL_API_KEY}`, 'content-type': 'application/json' },
      body,
    });
  const statuses = new Map<number, number>();
  for (let i = 0; i < REST_RULES; i += 1) {
    const text = hostileRule(prng, valid);
    const body = `{"rule":${isJson(text) && prng.chance(0.7) ? text : JSON.stringify(text)}}`;
    const answer = await post('/api/v1/rules/check', body);
    const said = await answer.text();
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    expect(answer.status, `${body.slice(0, 300)}: ${said.slice(0, 300)}`).toBeLessThan(500);
    expect(said).not.toMatch(/\n\s+at /);
    if (answer.status === 200) {
      const { ok, errors } = JSON.parse(said) as { ok: boolean; errors: unknown[] };
      expect(ok).toBe(errors.length === 0);
    }
  }
  expect(statuses.get(200)).toBeGreaterThan(REST_RULES / 2);

  for (let i = 0; i < COMMANDS; i += 1) {
    const text = hostileRule(prng, valid);
    const file = join(sqlite.directory, `hostile-${i}.json`);
    writeFileSync(file, text);
    const env = { TAGMILL_API_KEY: SECRETS.TAGMILL_API_KEY };
    const { code, stdout, stderr } = await run(['rules', 'check', file, '--manager', fleet.http], { env });
    expect([0, 1, 2], `${text.slice(0, 300)}: ${stderr}`).toContain(code);
    expect(`${stdout}${stderr}`).not.toMatch(/\n\s+at /);
    expect(`${stdout}${stderr}`.length).toBeGreaterThan(0);
  }

  // Somebody edits the rules of seven tags into nonsense between two runs; the eighth is left alone.
  for (let tag = 1; tag <= 7; tag += 1) {
    const text = hostileRule(prng, ['{"field":"age","operator":"sounds_like","value":1}']).replaceAll('\u0000', ' ').replaceAll("'", "''");
    await target.exec(`UPDATE tag_rules SET rule_conditions = '${text}' WHERE tag_id = ${tag}`);
  }
  const report = await fleet.ended(await fleet.createRun({ mode: 'task-all', business_date: '2026-11-22' }));
  expect(report.state).toBe('partial');
  const byTag = new Map(report.tags.map((one) => [one.tag_id, one]));
  expect(byTag.get(8)?.state).toBe('succeeded');
  for (let tag = 1; tag <= 7; tag += 1) {
    expect(byTag.get(tag)?.state, JSON.stringify(byTag.get(tag))).toBe('failed');
    expect(byTag.get(tag)?.error?.code).toMatch(/^[A-Z][A-Z_]+$/);
  }
  expect(await fleet.stop()).toEqual([]);
  await target.close();
});
