/** Compact forms against plain ones: texts, sets of rows, tasks, stories. */
import { LIMITS } from '@tagmill/shared/limits';
import { DOMAINS, HANDLERS } from '@tagmill/shared/words';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TaskSpec } from '../../src/core/run-spec.ts';
import { RowSet } from '../../src/core/row-set.ts';
import { Stories } from '../../src/core/stories.ts';
import { columnsOf, TaskAt } from '../../src/core/task-columns.ts';
import { TextColumn, utf8Of } from '../../src/core/text-column.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });

test('a text column gives back its texts', () => {
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      const column = TextColumn.of(texts);
      expect(texts.map((_, row) => column.at(row))).toEqual(texts);
      for (const [row, one] of texts.entries()) {
        expect(column.equals(row, utf8Of(one))).toBe(true);
        expect(column.equals(row, utf8Of(`${one}x`))).toBe(false);
        expect(column.isEmpty(row)).toBe(one === '');
      }
    }),
  );
});

test('a text longer than the scratch space is kept whole', () => {
  const long = '长'.repeat(5_000);
  expect(TextColumn.of([long, 'b']).at(0)).toBe(long);
});

test('a set of rows is a set in ascending order', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(2_999)), { maxLength: 300 });
  fc.assert(
    fc.property(steps, (all) => {
      const set = new RowSet(3_000);
      const plain = new Set<number>();
      for (const [add, row] of all) {
        if (add) set.add(row);
        else set.delete(row);
        if (add) plain.add(row);
        else plain.delete(row);
        expect(set.has(row)).toBe(add);
      }
      expect([...set]).toEqual([...plain].sort((a, b) => a - b));
      expect(set.size).toBe(plain.size);
    }),
  );
});

const task: fc.Arbitrary<TaskSpec> = fc
  .record({
    name: text,
    title: fc.option(
      text.filter((title) => title !== ''),
      { nil: null },
    ),
    handler: fc.constantFrom(...HANDLERS),
    tagId: fc.option(fc.integer({ min: 1, max: 2 ** 40 }), { nil: null }),
    domain: fc.option(fc.constantFrom(...DOMAINS), { nil: null }),
    gate: fc.constantFrom('auto' as const, 'manual' as const),
    shards: fc.option(fc.nat(100_000_000), { nil: undefined }),
  })
  .map((one) => ({ ...one, title: one.title ?? one.name }));

test('tasks as columns say what the tasks said', () => {
  fc.assert(
    fc.property(fc.array(task), (tasks) => {
      const columns = columnsOf(tasks);
      const again = tasks.map((_, row) => {
        const { name, title, handler, tagId, domain, gate, shards } = new TaskAt(columns, row);
        return { name, title, handler, tagId, domain, gate, shards };
      });
      expect(again).toEqual(tasks);
    }),
  );
});

test('stories as shared lines read as stories of their own, under the bound', () => {
  const line = fc.record({
    row: fc.nat(3),
    atMs: fc.nat(3),
    text: fc.constantFrom('a', 'b', 'c'),
    who: fc.constantFrom(null, 'ann', ''),
  });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 400 }), (lines) => {
      const stories = new Stories(4);
      const plain = Array.from({ length: 4 }, () => ({ lines: [] as object[], dropped: 0 }));
      for (const { row, ...one } of lines) {
        stories.tell(row, one.atMs, one.text, one.who);
        const story = plain[row]!;
        story.lines.push(one);
        if (story.lines.length <= LIMITS.storyLines) continue;
        story.lines.splice(1, 1);
        story.dropped += 1;
      }
      expect(plain.map((_, row) => ({ lines: stories.linesOf(row), dropped: stories.droppedOf(row) }))).toEqual(plain);
    }),
  );
});

test('what nobody tells any more takes no room', () => {
  const stories = new Stories(2);
  for (let i = 0; i < 5_000; i++) stories.tell(0, i, `told at ${i}`, null);
  expect(stories.highestLine).toBeLessThan(200);
  stories.tell(1, 1, 'same', null);
  stories.tell(0, 1, 'same', null);
  expect(stories.linesOf(1)).toEqual([{ atMs: 1, text: 'same', who: null }]);
});
