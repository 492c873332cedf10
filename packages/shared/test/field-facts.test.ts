import { describe, expect, it } from 'vitest';
import { changeSentence, driftSentence, type FieldFacts, fieldChanges } from '../src/field-facts.ts';

const fact = (field: string, over: Partial<FieldFacts> = {}): FieldFacts => ({
  ...{ table: 'users', field, type: 'int64', rows: 100, nulls: 0, min: '0', max: '10' },
  ...over,
});
const said = (before: readonly FieldFacts[], after: readonly FieldFacts[], days = 1, unreadable: string[] = []): string[] =>
  fieldChanges(before, after, new Set(unreadable), days).map(changeSentence);

describe('fields that differ from those before', () => {
  it('appear, vanish and change their type', () => {
    expect(said([fact('a'), fact('b')], [fact('b', { type: 'string', min: null, max: null }), fact('c')])).toEqual([
      'users.a has vanished (int64)',
      'users.b was int64 and is string',
      'users.c is new (int64)',
    ]);
  });

  it('of a table that cannot be read nothing is told', () => {
    expect(said([fact('a'), fact('x', { table: 'other' })], [fact('a')], 1, ['other'])).toEqual([]);
  });

  it.each([
    [0, 4, []],
    [0, 5, ['missing in users.a: 0 % before, 5 % now']],
    [30, 0, ['missing in users.a: 30 % before, 0 % now']],
    [null, 50, []],
  ])('missing values: from %s to %s of 100', (before, after, sentences) => {
    expect(said([fact('a', { nulls: before })], [fact('a', { nulls: after })])).toEqual(sentences);
  });

  it.each([
    ['0', '10', '-10', '20', false],
    ['0', '10', '0', '21', true],
    ['0', '10', '-11', '10', true],
    ['0', '10', '0', '3', false],
  ])('a range %s … %s that is %s … %s now', (min, max, newMin, newMax, moved) => {
    const sentences = said([fact('a', { min, max })], [fact('a', { min: newMin, max: newMax })]);
    expect(sentences.length).toBe(moved ? 1 : 0);
  });

  it('days may move with the date of the data', () => {
    const day = (min: string, max: string) => fact('a', { type: 'date', min, max });
    expect(said([day('2026-11-20', '2026-11-20')], [day('2026-11-21', '2026-11-21')])).toEqual([]);
    expect(said([day('2026-11-20', '2026-11-20')], [day('2026-12-20', '2026-12-20')], 30)).toEqual([]);
    expect(said([day('2026-11-20', '2026-11-20')], [day('2026-11-20', '9999-12-31')])).toEqual([
      'the range of users.a was 2026-11-20 … 2026-11-20 and is 2026-11-20 … 9999-12-31',
    ]);
  });

  it('texts have no distance, and unknown ends say nothing', () => {
    const text = (max: string | null) => fact('a', { type: 'string', min: 'a', max });
    expect(said([text('b')], [text('z')])).toEqual([]);
    expect(said([fact('a', { max: null })], [fact('a', { max: '1000000' })])).toEqual([]);
  });

  it('many are counted in one line', () => {
    const changes = fieldChanges(
      Array.from({ length: 300 }, (_, at) => fact(`f${at}`)),
      [],
      new Set(),
      1,
    );
    expect(changes.length).toBe(200);
    expect(driftSentence({ runId: 'r', businessDate: '2026-11-21', changes })).toMatch(
      /run r \(2026-11-21\): users\.f0 has vanished.*; and 192 more$/,
    );
  });
});
