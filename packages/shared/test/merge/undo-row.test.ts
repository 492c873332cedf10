import { describe, expect, it } from 'vitest';
import type { OldEntry } from '../../src/merge/changes.ts';
import { detailEntry } from '../../src/merge/pass-tags.ts';
import type { RowMerge } from '../../src/merge/row.ts';
import { undoRow } from '../../src/merge/undo-row.ts';
import { UndoTags } from '../../src/merge/undo-tags.ts';

const TODAY = '2026-11-22';
const tag = (tagId: number) => ({ tagId, name: `tag ${tagId}`, reason: 'a > 1', ruleVersion: 3 });
const JOB = { runId: 'r', pass: 1, tags: [tag(1), tag(2), tag(3)], today: TODAY, businessDate: TODAY, dense: true };
const TAGS = new UndoTags(JOB, [1, 2]);
const entry = (id: number): string => detailEntry(tag(id), TODAY);

/** Undoes within tags 1 and 2. */
function undo(tagIds: string | null, details: string | null, entered: number[], exited: [number, OldEntry][] = []): RowMerge {
  const change = { entered, exited: exited.map(([id]) => id), exitedEntries: exited.map(([, text]) => text) };
  return undoRow(tagIds, details, TAGS.within(change)!, TAGS);
}

describe('undoing a change of a row', () => {
  it('takes away a tag that still has the entry of the pass, and leaves what else is there', () => {
    expect(undo('[1,9]', `{"9":{"n": 9007199254740993},${entry(1)}}`, [1])).toEqual({
      kind: 'changed',
      tagIds: '[9]',
      tagDetails: '{"9":{"n": 9007199254740993}}',
      entered: [],
      exited: [1],
      exitedEntries: [entry(1)],
    });
  });

  it('the last tag leaves an empty row', () => {
    expect(undo('[1]', `{${entry(1)}}`, [1])).toMatchObject({ tagIds: '[]', tagDetails: '{}' });
  });

  it('gives a tag back with the entry that it had, byte for byte', () => {
    const old = '"2" : { "source":"AUTO", "n": 1.0 }';
    expect(undo('[9]', '{}', [], [[2, old]])).toEqual({
      kind: 'changed',
      tagIds: '[2,9]',
      tagDetails: `{${old}}`,
      entered: [2],
      exited: [],
      exitedEntries: [],
    });
  });

  it('gives a tag back without an entry when it had none', () => {
    expect(undo('[]', null, [], [[2, null]])).toMatchObject({ kind: 'changed', tagIds: '[2]', tagDetails: '{}' });
  });

  it('says so where the entry was not kept', () => {
    const undone = undo('[]', null, [], [[2, undefined]]);
    const details = JSON.parse(undone.kind === 'changed' ? undone.tagDetails : '') as Record<string, Record<string, unknown>>;
    expect(details['2']).toMatchObject({ tag_name: 'tag 2', source: 'AUTO', since: TODAY, reason: expect.stringContaining('rollback') });
  });

  it.each([
    ['no longer held', '[9]', '{}'],
    ['set by hand meanwhile', '[1]', '{"1":{"source":"MANUAL"}}'],
    ['with an entry of another day', '[1]', `{${entry(1).replace(TODAY, '2026-11-23')}}`],
    ['with a field more', '[1]', `{${entry(1).replace('}', ',"note":1}')}}`],
    ['without an entry', '[1]', null],
    ['whose entry is repeated, and the last is another', '[1]', `{${entry(1)},"1":{"source":"MANUAL"}}`],
  ])('leaves alone a tag that it gave: %s', (_, tagIds, details) => {
    expect(undo(tagIds, details, [1])).toEqual({ kind: 'unchanged' });
  });

  it('leaves alone a tag that it took away and that the user holds again', () => {
    expect(undo('[2]', '{"2":{"source":"MANUAL"}}', [], [[2, '"2":{"source":"AUTO"}']])).toEqual({ kind: 'unchanged' });
  });

  it('knows its entry again where the server keeps JSON by value', () => {
    const { tag_name, since, ...rest } = JSON.parse(`{${entry(1)}}`)['1'] as Record<string, unknown>;
    const normalised = JSON.stringify({ since, ...rest, tag_name }, undefined, 1);
    expect(undo('[1]', `{"1": ${normalised}}`, [1])).toMatchObject({ tagIds: '[]' });
  });

  it('undoes of a user what can be, and leaves the rest', () => {
    const undone = undo('[1,3]', '{"1":{"source":"MANUAL"}}', [1, 3], [[2, null]]);
    expect(undone).toMatchObject({ tagIds: '[1,2,3]', entered: [2], exited: [] });
  });

  it('a tag outside is not touched', () => {
    expect(TAGS.within({ entered: [3], exited: [4], exitedEntries: [null] })).toBeUndefined();
  });

  it.each([
    ['[1', null],
    ['{"1":1}', null],
    ['[1]', '"by hand"'],
  ])('cannot be read: %s %s', (tagIds, details) => {
    expect(undo(tagIds, details, [1])).toEqual({ kind: 'unreadable' });
  });
});
