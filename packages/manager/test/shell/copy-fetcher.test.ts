/** A copy of the journal from an executor is hostile input: whatever is wrong with it is a sentence, and nothing is left behind. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { IncomingFrame } from '../../src/grpc/wire.ts';
import { type FetchOptions, fetchCopy } from '../../src/shell/copy-fetcher.ts';
import { signatureOf } from '../../src/shell/recovery-key.ts';
import { chainHash } from '../../src/store/chain.ts';
import { CHAIN_START, type CommittedBatch } from '../../src/store/journal.ts';

const KEY = new Uint8Array(32).fill(5);
const LINEAGE = 'a history';
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const NONE = Buffer.alloc(0);

/** So many signed entries, each in two parts. */
function copyOf(count: number, blobBytes = 40): IncomingFrame[] {
  const frames: IncomingFrame[] = [];
  let hash: Uint8Array = CHAIN_START;
  for (let seq = 1; seq <= count; seq++) {
    const blob = Buffer.alloc(blobBytes, seq);
    hash = chainHash(hash, blob);
    const mac = signatureOf(KEY, 'batch', { lineage: LINEAGE, term: 2, seq, hash });
    const place = { kind: 2, seq, begins: false };
    const head = { ...place, lineage: LINEAGE, term: 2, hash: Buffer.from(hash), mac, contentHash: NONE, sizeBytes: blobBytes };
    const half = Math.floor(blobBytes / 2);
    frames.push({ ...head, part: 0, lastPart: false, data: blob.subarray(0, half) });
    frames.push({
      ...place,
      lineage: '',
      term: 0,
      hash: NONE,
      mac: NONE,
      contentHash: NONE,
      sizeBytes: 0,
      part: 1,
      lastPart: true,
      data: blob.subarray(half),
    });
  }
  return frames;
}

async function* stream(frames: Iterable<IncomingFrame>, onEnd: () => void = () => undefined): AsyncGenerator<IncomingFrame> {
  try {
    yield* frames;
  } finally {
    onEnd();
  }
}

function options(frames: readonly IncomingFrame[], more: Partial<FetchOptions> = {}): FetchOptions {
  const parent = mkdtempSync(join(tmpdir(), 'tagmill-fetch-'));
  folders.push(parent);
  const last = frames.filter((frame) => frame.part === 0).at(-1);
  const at = { lineage: LINEAGE, term: 2, seq: last?.seq ?? 0, hash: last?.hash.toString('hex') ?? '' };
  return { folder: join(parent, 'fetched'), key: KEY, at, own: null, mostBytes: 1_000_000, ...more };
}

const nobody = { snapshot: () => undefined, batch: () => undefined };

test('a whole copy is read in order, can be read again, and leaves nothing behind', async () => {
  const frames = copyOf(4);
  const seen: number[] = [];
  const given = options(frames);
  const fetched = await fetchCopy(stream(frames), { ...nobody, batch: ({ seq }) => seen.push(seq) }, given);
  expect(seen).toEqual([1, 2, 3, 4]);
  const again = [...(fetched.copy.batches as Iterable<CommittedBatch>)];
  expect(again.map(({ seq, blob }) => [seq, blob.length, blob[0]])).toEqual([1, 2, 3, 4].map((seq) => [seq, 40, seq]));
  expect(fetched.copy.at).toMatchObject({ lineage: LINEAGE, term: 2, seq: 4 });
  fetched.remove();
  expect(existsSync(given.folder)).toBe(false);
});

test('one that does not end is cut off at the limit, and its stream is ended', async () => {
  let sent = 0;
  let ended = false;
  function* endless(): Generator<IncomingFrame> {
    const [head] = copyOf(1);
    const claims = { ...head!, sizeBytes: 10_000_000_000, data: Buffer.alloc(100_000) };
    for (let part = 0; ; part++) {
      sent += claims.data.length;
      yield { ...claims, part, lastPart: false };
    }
  }
  const given = options(copyOf(1));
  const fetch = fetchCopy(
    stream(endless(), () => (ended = true)),
    nobody,
    given,
  );
  await expect(fetch).rejects.toMatchObject({ code: 'RECOVERY_REFUSED', message: expect.stringContaining('longer than 1000000 bytes') });
  expect(sent).toBeLessThan(1_300_000);
  expect([ended, existsSync(given.folder)]).toEqual([true, false]);
});

test.each<[string, (frames: IncomingFrame[]) => IncomingFrame[], RegExp]>([
  ['an entry is missing', (frames) => [...frames.slice(0, 2), ...frames.slice(4)], /entry 2 of it is missing/],
  ['it ends early', (frames) => frames.slice(0, -2), /ends at entry 3/],
  ['it ends in the middle of an entry', (frames) => frames.slice(0, -1), /ends at entry 3/],
  ['a part is missing', (frames) => frames.filter((_, i) => i !== 3), /a part of it is missing/],
  [
    'two entries changed places',
    (frames) => [...frames.slice(2, 4), ...frames.slice(0, 2), ...frames.slice(4)],
    /entry 1 of it is missing/,
  ],
  [
    'an entry of another term',
    (frames) => frames.map((one) => (one.seq === 2 && one.part === 0 ? { ...one, term: 3 } : one)),
    /signature of entry 2/,
  ],
  [
    'an entry of another history',
    (frames) => frames.map((one) => (one.seq === 2 && one.part === 0 ? { ...one, lineage: 'other' } : one)),
    /signature of entry 2/,
  ],
  [
    'other content',
    (frames) => frames.map((one) => (one.seq === 3 && one.part === 1 ? { ...one, data: Buffer.alloc(20, 9) } : one)),
    /hash of entry 3 does not follow/,
  ],
  ['a kind that nobody knows', (frames) => [{ ...frames[0]!, kind: 7 }, ...frames.slice(1)], /frame that this version does not know/],
])('%s: refused with a sentence', async (_name, spoil, words) => {
  const frames = copyOf(4);
  const given = options(frames);
  await expect(fetchCopy(stream(spoil(frames)), nobody, given)).rejects.toMatchObject({
    code: 'RECOVERY_REFUSED',
    message: expect.stringMatching(words),
  });
  expect(existsSync(given.folder)).toBe(false);
});

test('at the last own entry it must be the same, unless that was of a term that was replaced', async () => {
  const frames = copyOf(4);
  const own = { lineage: LINEAGE, term: 2, seq: 3, hash: 'ab'.repeat(32) };
  await expect(fetchCopy(stream(frames), nobody, options(frames, { own }))).rejects.toThrow(/something else happened/);
  const replaced = await fetchCopy(stream(frames), nobody, options(frames, { own: { ...own, term: 1 } }));
  replaced.remove();
});

test('no flipped bit passes', async () => {
  const frames = copyOf(3);
  const fields = ['hash', 'mac', 'data'] as const;
  await fc.assert(
    fc.asyncProperty(fc.nat(frames.length - 1), fc.constantFrom(...fields), fc.nat(1_000), fc.nat(7), async (index, field, at, bit) => {
      const frame = frames[index]!;
      fc.pre(frame[field].length > 0);
      const bytes = Buffer.from(frame[field]);
      bytes[at % bytes.length]! ^= 1 << bit;
      const spoilt = frames.map((one, i) => (i === index ? { ...one, [field]: bytes } : one));
      await expect(fetchCopy(stream(spoilt), nobody, options(frames))).rejects.toMatchObject({ code: 'RECOVERY_REFUSED' });
    }),
    { numRuns: 60 },
  );
});

test('what cannot be replayed is an error of whoever reads it, and nothing is left behind', async () => {
  const frames = copyOf(2);
  const given = options(frames);
  const reader = {
    ...nobody,
    batch: () => {
      throw new RangeError('no event');
    },
  };
  await expect(fetchCopy(stream(frames), reader, given)).rejects.toThrow('no event');
  expect(existsSync(given.folder)).toBe(false);
});
