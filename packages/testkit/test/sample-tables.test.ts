import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { generateSampleTables, type SampleTablesOptions } from '../src/sample-tables.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tagmill-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const OPTIONS = { users: 3_000, seed: 7, businessDates: ['2026-11-21', '2026-11-22'], sorted: true };

async function hashes(name: string, options: Partial<SampleTablesOptions> = {}): Promise<Map<string, string>> {
  const root = join(dir, name);
  await generateSampleTables({ ...OPTIONS, dir: root, ...options });
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(root.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex')];
    }),
  );
}

it('gives the same bytes for the same seed, others for another', async () => {
  const first = await hashes('a');
  expect([...first.keys()].filter((path) => path.startsWith('user_basic_info/dt=2026-11-22/'))).toHaveLength(3);
  expect(new Set([...first.keys()].map((path) => path.split('/')[0]))).toEqual(
    new Set(['user_basic_info', 'user_asset_summary', 'user_activity_summary']),
  );
  expect(await hashes('b')).toEqual(first);
  const other = await hashes('c', { seed: 8 });
  for (const [path, hash] of other) expect(hash).not.toBe(first.get(path));
});
