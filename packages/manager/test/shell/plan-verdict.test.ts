import type { PlanResult } from '@tagmill/shared/job';
import { describe, expect, test } from 'vitest';
import type { PinnedRule } from '../../src/core/run-spec.ts';
import { judgePlan } from '../../src/shell/plan-verdict.ts';
import { runOf } from '../core/bench-of.ts';

const plan = (faults: PlanResult['faults'] = []): PlanResult => ({
  businessDate: '2026-11-22',
  tables: [],
  faults,
  catalog: { fields: [{ table: 'users', name: 'age', type: { kind: 'int64' }, nullable: true }] },
  keyType: 'string',
  cuts: [],
  usersEstimate: 1,
  bytesRead: 0,
  notes: [],
});
const rule = (tagId: number, conditions: unknown, more: Partial<PinnedRule> = {}): PinnedRule => ({
  tagId,
  name: `tag ${tagId}`,
  ruleJson: JSON.stringify(conditions),
  requiredFields: [],
  readsTables: [],
  onlyUsers: [],
  onlyMatches: [],
  ...more,
});
const adult = { field: 'age', operator: '>=', value: 18 };
const spec = (rules: PinnedRule[], more: object = {}) => ({ ...runOf('r', 1, 1), rules, ...more });

describe('a plan is judged tag by tag', () => {
  test('a good rule becomes a tag of the pass, with its reason in words', () => {
    const [verdict] = judgePlan(spec([rule(1, adult)]), plan()).tags;
    expect(verdict).toMatchObject({ ok: true, tag: { tagId: 1, reads: ['users'], reason: 'age >= 18', ruleVersion: 1 } });
  });

  test('tags with the same rule in another order are named; those with a filter of their own are not', () => {
    const young = { field: 'age', operator: 'in', value: [1, 2] };
    const one = rule(1, { logic: 'OR', conditions: [adult, young] });
    const same = rule(2, { logic: 'OR', conditions: [{ ...young, value: [2, 1, 2] }, adult] });
    const filtered = rule(3, { logic: 'OR', conditions: [adult, young] }, { onlyUsers: [adult] });
    expect(judgePlan(spec([one, same, filtered]), plan()).notes).toEqual(['tags 1 (tag 1), 2 (tag 2) have the same rule']);
  });

  test('a broken rule is refused with code and path', () => {
    const [verdict] = judgePlan(spec([rule(1, { ...adult, operator: 'sounds_like' })]), plan()).tags;
    expect(verdict).toMatchObject({ ok: false, code: 'OPERATOR_UNKNOWN' });
    expect(verdict).toHaveProperty('message', expect.stringMatching(/^\/operator: /));
  });

  test('a field that looks unknown because its table cannot be read is told as that', () => {
    const fault = { table: 'assets', code: 'TABLE_UNREADABLE', message: 'assets/part-0 is truncated' } as const;
    const tags = judgePlan(spec([rule(1, { field: 'balance', operator: '>', value: 1 }), rule(2, adult)]), plan([fault])).tags;
    expect(tags[0]).toMatchObject({ ok: false, code: 'TABLE_UNREADABLE' });
    expect(tags[1]).toMatchObject({ ok: true });
  });

  test('a table that the class names and that cannot be read fails the tag', () => {
    const fault = { table: 'users', code: 'TABLE_NO_DATA', message: 'no partition' } as const;
    expect(judgePlan(spec([rule(1, adult, { readsTables: ['users'] })]), plan([fault])).tags[0]).toMatchObject({
      ok: false,
      code: 'TABLE_NO_DATA',
    });
  });

  test('a required field that no table has fails the tag, and so does a class that refuses', () => {
    expect(judgePlan(spec([rule(1, adult, { requiredFields: ['age', 'height'] })]), plan()).tags[0]).toMatchObject({
      code: 'FIELD_REQUIRED',
      message: expect.stringContaining('height'),
    });
    const task = { tagId: 1, requiredFields: [], dataSources: { primary: 'users', secondary: null }, validate: () => 'too few columns' };
    expect(judgePlan(spec([rule(1, adult)]), plan(), [{ task, domain: 'risk', file: 'risk/x.ts' }]).tags[0]).toMatchObject({
      code: 'TASK_REFUSED',
    });
  });

  test('a shipped class is left aside, with a note, where the tables are not those it is about', () => {
    const shipped = rule(1, adult, { shipped: true, requiredFields: ['user_id', 'balance'], readsTables: ['assets'] });
    const verdict = judgePlan(spec([shipped]), plan());
    expect(verdict.tags[0]).toMatchObject({ ok: true });
    expect(verdict.notes).toEqual([expect.stringMatching(/^tag 1 .*--tasks DIR/)]);
    const own = judgePlan(spec([{ ...shipped, shipped: false }]), plan());
    expect(own.tags[0]).toMatchObject({ code: 'FIELD_REQUIRED' });
    expect(own.notes).toEqual([]);
  });

  test('a shipped class counts where a table has one of its fields, or the rule asks for one', () => {
    const half = rule(1, adult, { shipped: true, requiredFields: ['user_id', 'age', 'balance'] });
    expect(judgePlan(spec([half]), plan()).tags[0]).toMatchObject({ code: 'FIELD_REQUIRED' });
    const reads = rule(1, { field: 'balance', operator: '>', value: 1 }, { shipped: true, requiredFields: ['balance'] });
    expect(judgePlan(spec([reads]), plan()).tags[0]).toMatchObject({ ok: false, code: 'FIELD_UNKNOWN' });
  });

  test('filters of a class are checked like rules', () => {
    const good = judgePlan(spec([rule(1, adult, { onlyUsers: [adult] })]), plan()).tags[0];
    expect(good).toMatchObject({ ok: true, tag: { onlyUsers: [{ operator: '>=' }] } });
    const bad = judgePlan(spec([rule(1, adult, { onlyMatches: [{ field: 'nose', operator: '=', value: 1 }] })]), plan()).tags[0];
    expect(bad).toMatchObject({ ok: false, code: 'RULE_INVALID', message: expect.stringContaining('postprocess') });
  });

  test('incremental means the days up to the run’s date in its zone', () => {
    const { users, clock } = judgePlan(spec([], { days: 7, timeZone: 'Asia/Shanghai' }), plan());
    expect(clock.asOf).toBe('2026-11-22T15:59:59.999999Z');
    expect(users).toEqual({ kind: 'registered', from: '2026-11-16', to: '2026-11-22' });
  });
});
