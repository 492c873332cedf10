import { describe, expect, test } from 'vitest';
import { makeRun, type RunMaterial } from '../../src/shell/make-run.ts';
import type { StoredRule } from '../../src/tagstore/metadata.ts';

const stored = (tagId: number, more: Partial<StoredRule> = {}): StoredRule => ({
  ruleId: tagId,
  tagId,
  tagName: `tag ${tagId}`,
  category: '财富管理',
  description: null,
  isActive: true,
  ruleJson: '{}',
  passedOver: [],
  ...more,
});
const material = (rules: StoredRule[]): RunMaterial => ({
  rules,
  tasks: [
    {
      task: {
        tagId: 2,
        requiredFields: ['age'],
        dataSources: { primary: 'users', secondary: 'assets' },
        preprocess: (users) => users.filter({ field: 'age', operator: '>', value: 0 }),
      },
      domain: 'risk',
      file: 'risk/two.ts',
    },
  ],
  shippedTasks: false,
  tables: { kind: 'folder', path: '/t' },
  timeZone: 'UTC',
  shardRows: 250_000,
  nowMs: 1_700_000_000_000,
  random: new Uint8Array(10),
});

describe('a request becomes a run', () => {
  test('with a plan, a task per active tag, and a report', () => {
    const spec = makeRun({ mode: 'task-all', who: 'ann' }, material([stored(1), stored(2), stored(3, { isActive: false })]));
    expect(spec.tasks.map((task) => task.name)).toEqual(['plan', 'tag-1', 'tag-2', 'report']);
    expect(spec.tasks.map((task) => task.domain)).toEqual([null, 'wealth', 'risk', null]);
    expect(spec.edges).toHaveLength(4);
    expect(spec.rules[1]).toMatchObject({ requiredFields: ['age'], readsTables: ['users', 'assets'], onlyUsers: [{ field: 'age' }] });
  });

  test('names the tags that there are when one is asked for that is not', () => {
    expect(() => makeRun({ mode: 'task-tags', tagIds: [1, 9], who: 'ann' }, material([stored(1), stored(2)]))).toThrow(
      /tag 9; there are rules for 1, 2/,
    );
  });

  test('says what to do when there is no rule at all', () => {
    expect(() => makeRun({ mode: 'task-all', who: 'ann' }, material([]))).toThrow(/rules import/);
  });

  test('sorts users by bytes and drops repeats', () => {
    const spec = makeRun({ mode: 'task-users', userIds: ['b', '😀', 'ｅ', 'a', 'b'], who: 'ann' }, material([stored(1)]));
    expect(spec.users).toEqual(['a', 'b', 'ｅ', '😀']);
    expect(() => makeRun({ mode: 'task-users', userIds: [], who: 'ann' }, material([stored(1)]))).toThrow(/empty/);
  });

  test('has an id that sorts by time and is unique by its random part', () => {
    const a = makeRun({ mode: 'noop', shards: 5, who: 'ann' }, material([]));
    const b = makeRun({ mode: 'noop', shards: 5, who: 'ann' }, { ...material([]), nowMs: 1_700_000_000_001 });
    expect(a.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/);
    expect(a.id < b.id).toBe(true);
  });
});
