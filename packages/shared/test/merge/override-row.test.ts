import { describe, expect, test } from 'vitest';
import type { ChangeSet } from '../../src/merge/changes.ts';
import { type Override, overrideRow } from '../../src/merge/override-row.ts';
import { mergeRow } from '../../src/merge/row.ts';
import { undoRow } from '../../src/merge/undo-row.ts';

const override = (kind: Override['kind'], before: string | null = null): Override => ({
  tagId: 7,
  tagName: 'seven',
  kind,
  who: 'ann',
  reason: 'by agreement',
  since: '2026-11-22',
  before,
});
const written = (...words: Parameters<typeof overrideRow>) => {
  const row = overrideRow(...words);
  if (row.kind !== 'written') throw new Error('the row cannot be read');
  return row;
};
const run = (row: { readonly tagIds: string; readonly tagDetails: string }, matched: number[], notMatched: number[]) =>
  mergeRow(row.tagIds, row.tagDetails, { matched, notMatched, entryOf: (id) => `"${id}":{"source":"AUTO"}` });

const AUTO = '"7":{"source":"AUTO","since":"2026-01-01"}';

describe('a tag by hand', () => {
  test('a user who is included holds the tag, and no run takes it away', () => {
    const row = written('[3]', '{"3":{}}', override('include'));
    expect(row.tagIds).toBe('[3,7]');
    expect(JSON.parse(row.tagDetails)).toMatchObject({ 3: {}, 7: { source: 'MANUAL', who: 'ann', reason: 'by agreement' } });
    expect(run(row, [], [7])).toEqual({ kind: 'unchanged' });
  });

  test('a user who is excluded does not hold it, no run gives it, and other tags of the row still change', () => {
    const row = written('[3,7]', `{"3":{},${AUTO}}`, override('exclude'));
    expect(row.tagIds).toBe('[3]');
    expect(run(row, [7], [])).toEqual({ kind: 'unchanged' });
    const other = run(row, [5, 7], [3]);
    expect(other).toMatchObject({ kind: 'changed', tagIds: '[5]', entered: [5], exited: [3] });
    expect(run(other as { tagIds: string; tagDetails: string }, [5, 7], [])).toEqual({ kind: 'unchanged' });
  });

  test('the undoing of a run does not bring an excluded tag back', () => {
    const row = written('[]', null, override('exclude'));
    const change: ChangeSet = { entered: [], exited: [7], exitedEntries: [AUTO] } as unknown as ChangeSet;
    const tags = { wrote: () => true, anew: () => AUTO } as unknown as Parameters<typeof undoRow>[3];
    expect(undoRow(row.tagIds, row.tagDetails, change, tags)).toEqual({ kind: 'unchanged' });
    expect(undoRow('[]', '{}', change, tags)).toMatchObject({ kind: 'changed', tagIds: '[7]' });
  });

  test('clearing an inclusion leaves what was before it; clearing an exclusion leaves nothing, and the next run decides', () => {
    const included = written('[7]', `{${AUTO}}`, override('include'));
    expect(included.before).toBe(AUTO);
    expect(written(included.tagIds, included.tagDetails, override('clear', included.before))).toMatchObject({
      tagIds: '[7]',
      tagDetails: `{${AUTO}}`,
    });
    const fresh = written('[]', null, override('include'));
    expect(written(fresh.tagIds, fresh.tagDetails, override('clear', fresh.before))).toMatchObject({ tagIds: '[]', tagDetails: '{}' });
    const excluded = written('[7]', `{${AUTO}}`, override('exclude'));
    const cleared = written(excluded.tagIds, excluded.tagDetails, override('clear'));
    expect(cleared).toMatchObject({ tagIds: '[]', tagDetails: '{}' });
    expect(run(cleared, [7], [])).toMatchObject({ tagIds: '[7]' });
  });

  test('what a rule has given is not cleared; a row that cannot be read is left alone', () => {
    expect(written('[7]', `{${AUTO}}`, override('clear'))).toMatchObject({ tagIds: '[7]', tagDetails: `{${AUTO}}` });
    expect(overrideRow('seven', null, override('include'))).toEqual({ kind: 'unreadable' });
  });
});
