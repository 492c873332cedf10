import { expect, test } from 'vitest';
import { rowsOfParts, spread } from '../../src/shell/analyst/preview-count.ts';

test.each([1, 2, 3, 7, 8, 40, 1000])('every one of %i is counted once', (count) => {
  expect(spread(count).toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, at) => at));
});

test('the first of them are spread over all', () => {
  expect(spread(16).slice(0, 4)).toEqual([0, 8, 4, 12]);
});

test('row groups go to the parts in turn, empty ones to none', () => {
  const object = (...rows: number[]) => ({
    key: 'k',
    etag: 'e',
    sizeBytes: 1,
    columns: [],
    rowGroups: rows.map((n) => ({ firstRow: 0, rows: n })),
  });
  expect(rowsOfParts({ name: 't', rows: 0, objects: [object(5, 0, 3), object(2, 7)] }, 2)).toEqual([7, 10]);
});
