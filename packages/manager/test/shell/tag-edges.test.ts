/** Tags that read other tags: the graph of a run, and rules that read themselves. */
import type { PlanResult } from '@tagmill/shared/job';
import { expect, test } from 'vitest';
import { catalogTags } from '../../src/shell/pin-run.ts';
import { judgePlan } from '../../src/shell/plan-verdict.ts';
import { tagEdges } from '../../src/shell/tag-edges.ts';
import { runOf } from '../core/bench-of.ts';

const rule = (tagId: number, ...reads: number[]) => ({
  tagId,
  ruleJson: JSON.stringify({
    logic: 'OR',
    conditions: [{ field: 'age', operator: '>', value: 1 }, ...reads.map((value) => ({ operator: 'has_tag', value }))],
  }),
});

const shown = (...rules: ReturnType<typeof rule>[]): string[] => tagEdges(rules).map(({ from, to, kind }) => `${from} -> ${to} ${kind}`);

test('who reads another’s state comes after it, whatever became of it', () => {
  expect(shown(rule(1), rule(2, 1), rule(3, 1, 2), rule(4, 99))).toEqual([
    'tag-1 -> tag-2 end',
    'tag-1 -> tag-3 end',
    'tag-2 -> tag-3 end',
  ]);
});

test('history makes no edge, and neither does what is no rule', () => {
  const past = { tagId: 2, ruleJson: JSON.stringify({ operator: 'had_tag_within', value: 1, days: 3 }) };
  expect(tagEdges([rule(1), past, { tagId: 3, ruleJson: '{"operator": "has_tag", "value": [1]' }])).toEqual([]);
});

test('an edge that would close a cycle is left out, and the check refuses the rules of the cycle', () => {
  const rules = [rule(1, 3), rule(2, 1), rule(3, 2), rule(4, 4), rule(5, 3)];
  expect(shown(...rules)).toEqual(['tag-3 -> tag-1 end', 'tag-1 -> tag-2 end', 'tag-3 -> tag-5 end']);
  const plan: PlanResult = {
    businessDate: '2026-11-22',
    tables: [],
    faults: [],
    catalog: { fields: [{ table: 'users', name: 'age', type: { kind: 'int64' }, nullable: true }] },
    keyType: 'string',
    cuts: [],
    usersEstimate: 1,
    bytesRead: 0,
    notes: [],
  };
  const pinned = rules.map((one) => ({
    ...one,
    name: `tag ${one.tagId}`,
    requiredFields: [],
    readsTables: [],
    onlyUsers: [],
    onlyMatches: [],
  }));
  const verdicts = judgePlan({ ...runOf('r', 1, 1), rules: pinned, tags: catalogTags(rules) }, plan).tags;
  expect(verdicts.map((one) => (one.ok ? 'ok' : one.code))).toEqual(['TAG_CYCLE', 'TAG_CYCLE', 'TAG_CYCLE', 'TAG_CYCLE', 'ok']);
  const unknown = judgePlan({ ...runOf('r', 1, 1), rules: [{ ...pinned[4]!, ...rule(5, 77) }], tags: catalogTags(rules) }, plan).tags[0];
  expect(unknown).toMatchObject({ ok: false, code: 'TAG_UNKNOWN' });
});
