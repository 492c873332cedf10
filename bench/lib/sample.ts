/** What all that is compared reads: sample tables and the eight rules of the source documents. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateSampleTables } from '../../packages/executor/src/engine/sample-tables.ts';

export const BUSINESS_DATE = '2026-11-22';
/** Tables are large and always the same, so they are kept from run to run; not in the repository. */
export const DATA = fileURLToPath(new URL('../.data', import.meta.url));
const RULES = fileURLToPath(new URL('../../packages/testkit/fixtures/rules/tag_rules.json', import.meta.url));
const SEED = 1;

/** Folder of the three tables for so many users, sorted by `user_id`, one business date. */
export async function sampleTables(users: number): Promise<string> {
  const dir = join(DATA, `sorted-${users}`);
  if (existsSync(dir)) return dir;
  const unfinished = `${dir}.part`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  await generateSampleTables({ dir: unfinished, users, seed: SEED, businessDates: [BUSINESS_DATE], sorted: true });
  renameSync(unfinished, dir);
  return dir;
}

/** A file for `tagmill rules import` with tags 1 to 8. */
export function writeRules(path: string): void {
  const file = JSON.parse(readFileSync(RULES, 'utf8')) as { readonly tags: readonly { readonly tag_id: number }[] };
  writeFileSync(path, JSON.stringify({ tags: file.tags.filter((tag) => tag.tag_id <= 8) }));
}
