import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeRow, type RowMerge } from '../../src/merge/row.ts';
import { parseTagIds } from '../../src/merge/tag-ids.ts';

const entryOf = (tagId: number): string => `"${tagId}":{"source":"AUTO","new":true}`;
const merge = (tagIds: string | null, details: string | null, matched: number[], notMatched: number[]): RowMerge =>
  mergeRow(tagIds, details, { matched, notMatched, entryOf });

describe('merging a row', () => {
  it.each([
    ['nothing found', '[1,2]', null, [], []],
    ['matched and held', '[1,2]', null, [1], []],
    ['not matched and not held', '[1,2]', null, [], [3]],
    ['other order and spacing', '[ 2,1 ]', null, [1, 2], []],
    ['set by hand', '[1]', '{"1":{"source":"MANUAL"}}', [], [1]],
    ['set by hand, key written with an escape', '[1]', '{"\\u0031":{"source":"MANUAL"}}', [], [1]],
    ['held twice in the text', '[1,1]', null, [1], []],
  ] as const)('unchanged: %s', (_, tagIds, details, matched, notMatched) => {
    expect(merge(tagIds, details, [...matched], [...notMatched])).toEqual({ kind: 'unchanged' });
  });

  it.each([
    ['not JSON', '[1', null],
    ['not an array', '{"1":1}', null],
    ['text in the array', '["1"]', null],
    ['a number too large to be read exactly', '[9007199254740993]', null],
    ['details that are not an object', '[1]', '"by hand"'],
    ['details that are not JSON', '[1]', '{1:2}'],
    ['details with entries in an array', '[1]', '[{"1":1}]'],
  ])('unreadable: %s', (_, tagIds, details) => {
    expect(merge(tagIds, details, [3], [1])).toEqual({ kind: 'unreadable' });
  });

  it.each([null, 'null', '', '[]', '{}', ' { } '])('no details (%s) count as automatic', (details) => {
    const row = { kind: 'changed', tagIds: '[]', tagDetails: '{}', entered: [], exited: [1], exitedEntries: [null] };
    expect(merge('[1]', details, [], [1])).toEqual(row);
  });

  it('writes numeric order, keeps raw texts of other entries, and says what changed', () => {
    const details = '{ "10" : {"n": 9007199254740993, "n": 1.0}, "2":{"source":"AUTO"}, "999": "}\\"{" }';
    expect(merge('[10,2,999]', details, [11, 1], [2])).toEqual({
      kind: 'changed',
      tagIds: '[1,10,11,999]',
      tagDetails: `{"10" : {"n": 9007199254740993, "n": 1.0},"999": "}\\"{",${entryOf(1)},${entryOf(11)}}`,
      entered: [1, 11],
      exited: [2],
      exitedEntries: ['"2":{"source":"AUTO"}'],
    });
  });

  it('a tag that is entered again gets a new entry in place of a stale one', () => {
    const merged = merge('[]', '{"5":{"source":"AUTO","since":"2020-01-01"}}', [5], []);
    expect(merged).toMatchObject({ tagDetails: `{${entryOf(5)}}`, entered: [5] });
  });

  it('one not matched by hand, one not: only the automatic one goes', () => {
    expect(merge('[1,2]', '{"1":{"source":"MANUAL"},"2":{"source":"AUTO"}}', [], [1, 2])).toEqual({
      kind: 'changed',
      tagIds: '[1]',
      tagDetails: '{"1":{"source":"MANUAL"}}',
      entered: [],
      exited: [2],
      exitedEntries: ['"2":{"source":"AUTO"}'],
    });
  });

  it('final = held less not matched unless by hand, plus matched; a second merge changes nothing', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 12 }));
    fc.assert(
      fc.property(ids, ids, ids, ids, (held, manual, matched, others) => {
        const notMatched = others.filter((id) => !matched.includes(id));
        const details = JSON.stringify(Object.fromEntries(manual.map((id) => [id, { source: 'MANUAL' }])));
        const merged = merge(JSON.stringify(held), details, matched, notMatched);
        const expected = new Set([...held.filter((id) => !notMatched.includes(id) || manual.includes(id)), ...matched]);
        const changed = expected.size !== held.length || held.some((id) => !expected.has(id));
        expect(merged.kind).toBe(changed ? 'changed' : 'unchanged');
        if (merged.kind !== 'changed') return;
        expect(parseTagIds(merged.tagIds)).toEqual([...expected].sort((a, b) => a - b));
        expect(merge(merged.tagIds, merged.tagDetails, matched, notMatched)).toEqual({ kind: 'unchanged' });
      }),
    );
  });
});
