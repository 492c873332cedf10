import { makeClock } from '@tagmill/shared/rules/clock';
import { expect, test } from 'vitest';
import { readColumn } from '../../src/engine/leaf-sql.ts';

const clock = makeClock({ businessDate: '2026-03-08', zone: 'America/New_York' });

test('a local timestamp is read in each file without the zone’s long table, which comes once above all files', () => {
  const column = readColumn({ table: 't', name: 'seen', type: { kind: 'timestamp' }, stored: 'local', nullable: true }, clock);
  const inFile = column.read('TIMESTAMP', '"seen"') + (column.castError('TIMESTAMP', '"seen"') ?? '');
  const above = column.finish?.('"seen"') ?? '';
  expect(above.length).toBeGreaterThan(5_000);
  expect(inFile.length).toBeLessThan(1_000);
});
