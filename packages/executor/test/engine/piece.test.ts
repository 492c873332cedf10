import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashPiece, type PieceBatch, readPiece, wordsFor, writePiece } from '../../src/engine/piece.ts';
import { Spool } from '../../src/engine/spool.ts';
import { scratch } from './fixtures.ts';

let dir: string;
let remove: () => Promise<void>;
beforeEach(() => {
  ({ dir, remove } = scratch());
});
afterEach(() => remove());

function batchOf(keys: readonly string[], tags: number, seed: number, everybody = false): PieceBatch {
  const words = wordsFor(tags);
  const offsets = new Uint32Array(keys.length + 1);
  keys.forEach((key, at) => {
    offsets[at + 1] = offsets[at]! + Buffer.byteLength(key);
  });
  const plane = (salt: number): Uint32Array =>
    Uint32Array.from({ length: keys.length * words }, (_, at) => Math.imul(at + seed + salt, 2654435761));
  return {
    users: keys.length,
    words,
    keys: Buffer.from(keys.join('')),
    offsets,
    matched: plane(1),
    notMatched: plane(2),
    evaluated: everybody ? null : plane(3),
  };
}

const flat = (batch: PieceBatch): unknown => ({ ...batch, keys: batch.keys.toString('hex') });

it('keeps every key byte for byte, and every plane', async () => {
  const key = fc.string({ unit: fc.constantFrom('\t', '\n', '\r', '"', "'", '\\', ',', '\0', 'a', '用', '😀', ' ') });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(key, { minLength: 1, maxLength: 9 }), { maxLength: 3 }),
      fc.integer({ min: 1, max: 70 }),
      fc.boolean(),
      async (blocks, tags, everybody) => {
        const path = join(dir, 'a/b/0.piece');
        const ids = Array.from({ length: tags }, (_, i) => i * 3 + 1);
        const batches = blocks.map((keys, at) => batchOf(keys, tags, at, everybody && at % 2 === 0));
        const hash = await writePiece(path, 'string', ids, batches);
        const piece = readPiece(path);
        expect(piece.header).toEqual({ version: 2, keyType: 'string', tags: ids, users: blocks.flat().length, hash });
        expect([...piece.batches()].map(flat)).toEqual(batches.map(flat));
        expect(hashPiece(piece)).toBe(hash);
      },
    ),
    { numRuns: 40 },
  );
  expect(readdirSync(join(dir, 'a/b'))).toEqual(['0.piece']);
});

it('has another hash when anything in it differs', async () => {
  const write = (name: string, tags: number[], batch: PieceBatch): Promise<string> => writePiece(join(dir, name), 'string', tags, [batch]);
  const base = batchOf(['a', 'b'], 2, 0);
  const hashes = [
    await write('0', [1, 2], base),
    await write('1', [1, 3], base),
    await write('2', [1, 2], batchOf(['ab', ''], 2, 0)),
    await write('3', [1, 2], batchOf(['a', 'b'], 2, 1)),
    await write('4', [1, 2], { ...base, evaluated: base.notMatched }),
    await write('5', [1, 2], { ...base, evaluated: null }),
  ];
  expect(new Set(hashes).size).toBe(6);
  expect(hashes[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(await write('6', [1, 2], base)).toBe(hashes[0]);
});

it('says when it is not there or was damaged', async () => {
  const path = join(dir, 'x.piece');
  expect(() => readPiece(path)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  await writePiece(path, 'string', [1], [batchOf(['a', 'bc', 'd'], 1, 0)]);
  writeFileSync(path, readFileSync(path).subarray(0, -5));
  expect(() => [...readPiece(path).batches()]).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  const bytes = await writePiece(path, 'string', [1], [batchOf(['a', 'bc', 'd'], 1, 0)]).then(() => readFileSync(path));
  // The number of planes of the only block: behind mark, length, header, users and key bytes.
  bytes.writeUInt32LE(4, 12 + bytes.readUInt32LE(8) + 8);
  writeFileSync(path, bytes);
  expect(() => [...readPiece(path).batches()]).toThrow(/wrong number of planes/);
  writeFileSync(path, 'nothing of the kind');
  expect(() => readPiece(path)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
});

it('lies in a spool that is bounded', async () => {
  const spool = new Spool(dir, 1_000);
  const path = spool.path('run', 2, 7);
  expect(path).toBe(join(dir, 'run/2/7.piece'));
  await spool.reserve(600);
  await writePiece(path, 'string', [1], [batchOf(['a'], 1, 0)]);
  await expect(spool.reserve(600)).rejects.toMatchObject({ code: 'DISK_FULL' });
  await expect(new Spool(dir, 100).reserve(50)).rejects.toMatchObject({ code: 'DISK_FULL' });
  await spool.remove('run', 2);
  expect(readdirSync(dirname(dirname(path)))).toEqual([]);
  await spool.reserve(900);
});
