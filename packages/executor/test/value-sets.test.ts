/** Sets of values on the executor's disk. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ValueSets } from '../src/shell/value-sets.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tagmill-values-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

it('asks for what is not there, and never again', () => {
  const sets = new ValueSets(join(dir, 'values'));
  const [one, two] = [hashOf('"a"\n'), hashOf('"b"\n')];
  expect(sets.missing([one, two])).toBe(one);
  sets.put(one, Buffer.from('"a"\n'));
  expect(sets.missing([one, two])).toBe(two);
  expect(new ValueSets(join(dir, 'values')).missing([one])).toBeUndefined();
  expect(readFileSync(join(dir, 'values', one), 'utf8')).toBe('"a"\n');
});

it('what is not what its name says is lost, and not waited for', () => {
  const sets = new ValueSets(dir);
  const hash = hashOf('"a"\n');
  sets.put(hash, new Uint8Array(0));
  expect(sets.missing([hash])).toBeUndefined();
  expect(readdirSync(dir)).toEqual([]);
  sets.put(hash, Buffer.from('"a"\n'));
  expect(readdirSync(dir)).toEqual([hash]);
});

it('removes what nobody has looked for', () => {
  const sets = new ValueSets(dir);
  const [old, used, fresh] = ['"old"\n', '"used"\n', '"fresh"\n'];
  for (const text of [old, used]) sets.put(hashOf(text), Buffer.from(text));
  const longAgo = new Date(Date.now() - 15 * 86_400_000);
  for (const name of readdirSync(dir)) utimesSync(join(dir, name), longAgo, longAgo);
  expect(sets.missing([hashOf(used)])).toBeUndefined();
  sets.put(hashOf(fresh), Buffer.from(fresh));
  expect(readdirSync(dir).sort()).toEqual([hashOf(used), hashOf(fresh)].sort());
});
