import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReplicaFrame__Output } from '@tagmill/shared/gen/tagmill/v1/ReplicaFrame';
import { afterEach, expect, test } from 'vitest';
import type { CopyPart } from '../../src/replica/copy.ts';
import { type Acknowledgement, ReplicaStore } from '../../src/replica/replica-store.ts';

const LINEAGE = '0f8fad5b-d9cb-469f-a165-70867728950e';
const CAP = 1024 * 1024;
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
const newFolder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'tagmill-copy-'));
  folders.push(path);
  return path;
};

const sha = (...parts: Uint8Array[]): Buffer => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** A journal of so many entries, as frames. */
function journal(
  count: number,
  lineage = LINEAGE,
  blobOf = (seq: number): Buffer => Buffer.from(`entry ${seq} of ${lineage}`),
): ReplicaFrame__Output[] {
  let hash: Buffer = Buffer.alloc(32);
  return Array.from({ length: count }, (_, i) => {
    const data = blobOf(i + 1);
    hash = sha(hash, data);
    return frame({ kind: 2, lineage, term: 3, seq: i + 1, hash, mac: sha(Buffer.from(`mac ${i + 1}`)), data });
  });
}

const frame = (fields: Partial<ReplicaFrame__Output>): ReplicaFrame__Output => ({
  kind: 2,
  lineage: LINEAGE,
  term: 3,
  seq: 0,
  hash: Buffer.alloc(0),
  mac: Buffer.alloc(32, 7),
  contentHash: Buffer.alloc(0),
  sizeBytes: fields.data?.length ?? 0,
  part: 0,
  lastPart: true,
  data: Buffer.alloc(0),
  begins: false,
  ...fields,
});

function snapshotAt(batch: ReplicaFrame__Output, data: Buffer, begins = false): ReplicaFrame__Output[] {
  const middle = Math.floor(data.length / 2);
  const head = { kind: 1, seq: batch.seq, hash: batch.hash, contentHash: sha(data), sizeBytes: data.length, begins };
  return [
    frame({ ...head, data: data.subarray(0, middle), lastPart: false }),
    frame({ kind: 1, seq: batch.seq, lineage: '', part: 1, data: data.subarray(middle) }),
  ];
}

const take = (store: ReplicaStore, frames: readonly ReplicaFrame__Output[]): Promise<Acknowledgement> =>
  new Promise((resolve) => store.take(frames, resolve));

const partsOf = (store: ReplicaStore, lineage = LINEAGE): CopyPart[] => [...(store.copy(lineage)?.parts() ?? [])];
const seqsOf = (store: ReplicaStore): number[] =>
  partsOf(store)
    .filter((part) => part.kind === 'batch' && part.last)
    .map((part) => part.of.seq);

test('what was written is there again, in order, with the signatures as they came', async () => {
  const path = newFolder();
  const store = new ReplicaStore(path, CAP);
  const frames = journal(5);
  expect(await take(store, frames.slice(0, 3))).toMatchObject({ lineage: LINEAGE, seq: 3, snapshotSeq: 0, problem: '' });
  expect(await take(store, frames.slice(2))).toMatchObject({ seq: 5, problem: '' });
  await store.close();
  const again = new ReplicaStore(path, CAP);
  expect(again.heads()).toMatchObject([{ lineage: LINEAGE, term: 3, seq: 5, hash: frames[4]!.hash, mac: frames[4]!.mac, snapshotSeq: 0 }]);
  expect(partsOf(again).map((part) => part.data.toString())).toEqual(frames.map((one) => one.data.toString()));
  await again.close();
});

test('an entry that does not follow is refused with a sentence, and the copy stays as it was', async () => {
  const store = new ReplicaStore(newFolder(), CAP);
  const frames = journal(5);
  await take(store, frames.slice(0, 2));
  expect(await take(store, [frames[3]!])).toMatchObject({ seq: 2, problem: 'entry 4 does not follow entry 2 of the copy' });
  expect((await take(store, [{ ...frames[2]!, data: Buffer.from('other') }])).problem).toContain('does not follow');
  expect(await take(store, [frames[2]!])).toMatchObject({ seq: 3, problem: '' });
  await store.close();
});

test('a newer snapshot takes the place of the older, and the tail behind it is kept', async () => {
  const path = newFolder();
  const store = new ReplicaStore(path, CAP);
  const frames = journal(6);
  await take(store, frames.slice(0, 5));
  expect(await take(store, snapshotAt(frames[2]!, Buffer.from('state at three')))).toMatchObject({ seq: 5, snapshotSeq: 3, problem: '' });
  expect(await take(store, frames.slice(5))).toMatchObject({ seq: 6 });
  await store.close();
  const again = new ReplicaStore(path, CAP);
  expect(seqsOf(again)).toEqual([4, 5, 6]);
  expect(again.heads()[0]).toMatchObject({ seq: 6, snapshotSeq: 3 });
  expect(
    Buffer.concat(
      partsOf(again)
        .filter((part) => part.kind === 'snapshot')
        .map((part) => part.data),
    ).toString(),
  ).toBe('state at three');
  await again.close();
});

test('a copy that begins anew drops what there was, also when that was longer', async () => {
  const path = newFolder();
  const store = new ReplicaStore(path, CAP);
  await take(store, journal(9));
  const other = journal(4, LINEAGE, (seq) => Buffer.from(`another branch ${seq}`));
  expect(await take(store, snapshotAt(other[3]!, Buffer.from('state'), true))).toMatchObject({ seq: 4, snapshotSeq: 4 });
  expect(await take(store, [{ ...other[0]!, begins: true }])).toMatchObject({ seq: 1, snapshotSeq: 0 });
  await store.close();
  const again = new ReplicaStore(path, CAP);
  expect(again.heads()).toMatchObject([{ seq: 1 }]);
  await again.close();
});

test('a snapshot that is not what it says changes nothing', async () => {
  const store = new ReplicaStore(newFolder(), CAP);
  const frames = journal(3);
  await take(store, frames);
  const [head, rest] = snapshotAt(frames[2]!, Buffer.from('state at three'));
  expect((await take(store, [head!, { ...rest!, data: Buffer.from('st at xxxxx') }])).problem).not.toBe('');
  expect(store.heads()[0]).toMatchObject({ seq: 3, snapshotSeq: 0 });
  expect(await take(store, snapshotAt(frames[2]!, Buffer.from('state at three')))).toMatchObject({ seq: 3, snapshotSeq: 3, problem: '' });
  await store.close();
});

test('entries larger than a message come in parts', async () => {
  const store = new ReplicaStore(newFolder(), CAP);
  const [one] = journal(1, LINEAGE, () => Buffer.alloc(500_000, 1));
  const parts = [0, 1, 2].map((part) =>
    frame({
      ...(part === 0 ? one! : { kind: 2, seq: 1, lineage: '' }),
      part,
      lastPart: part === 2,
      data: one!.data.subarray(part * 200_000, (part + 1) * 200_000),
    }),
  );
  expect(await take(store, parts)).toMatchObject({ seq: 1, problem: '', bytes: 500_000 });
  expect(Buffer.concat(partsOf(store).map((part) => part.data)).equals(one!.data)).toBe(true);
  await store.close();
});

test('it is bounded: what does not fit is refused and the rest stays', async () => {
  const store = new ReplicaStore(newFolder(), 1_000);
  const frames = journal(20, LINEAGE, () => Buffer.alloc(100));
  const answer = await take(store, frames);
  expect(answer.problem).toContain('limit of 1000 bytes');
  expect(await take(store, frames.slice(0, 2))).toMatchObject({ seq: 2, problem: '' });
  await store.close();
});

test('two journals at most: the one of now and the one before', async () => {
  const path = newFolder();
  const store = new ReplicaStore(path, CAP);
  for (const lineage of ['first', 'second', 'third']) {
    await take(store, journal(2, lineage));
    // Their age is told by the clock.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(store.heads().map((head) => head.lineage)).toEqual(['second', 'third']);
  await store.close();
});

test('nothing is acknowledged on a stream that is over', async () => {
  const store = new ReplicaStore(newFolder(), CAP);
  const answers: number[] = [];
  store.take(journal(1), () => answers.push(1));
  store.begin();
  await take(store, journal(2));
  expect(answers).toEqual([]);
  await store.close();
});

test('killed at any byte of a write: the usable part is what was written before, and the copy goes on from there', async () => {
  const path = newFolder();
  const store = new ReplicaStore(path, CAP);
  const frames = journal(4);
  await take(store, frames.slice(0, 3));
  await store.close();
  const file = join(path, LINEAGE, 'tail');
  const before = readFileSync(file).length;
  const whole = new ReplicaStore(path, CAP);
  await take(whole, frames.slice(3));
  await whole.close();
  const bytes = readFileSync(file);
  for (let length = before; length < bytes.length; length++) {
    const torn = newFolder();
    cpSync(path, torn, { recursive: true });
    truncateSync(join(torn, LINEAGE, 'tail'), length);
    const found = new ReplicaStore(torn, CAP);
    expect(found.heads()).toMatchObject([{ seq: 3 }]);
    expect(await take(found, frames.slice(3))).toMatchObject({ seq: 4, problem: '' });
    await found.close();
    expect(readFileSync(join(torn, LINEAGE, 'tail')).equals(bytes)).toBe(true);
  }
});

test('a flipped bit ends the usable part there', async () => {
  const path = newFolder();
  const store = new ReplicaStore(path, CAP);
  await take(store, journal(4));
  await store.close();
  const file = join(path, LINEAGE, 'tail');
  const bytes = readFileSync(file);
  const entry = bytes.length / 4;
  for (let at = 0; at < bytes.length; at++) {
    const spoilt = Buffer.from(bytes);
    spoilt[at]! ^= 1 << (at % 8);
    writeFileSync(file, spoilt);
    const found = new ReplicaStore(path, CAP);
    expect(seqsOf(found)).toEqual([1, 2, 3, 4].slice(0, Math.floor(at / entry)));
    await found.close();
  }
});

test('killed between the two renames of a new snapshot: old entries under it are passed over', async () => {
  const path = newFolder();
  const store = new ReplicaStore(path, CAP);
  const frames = journal(6);
  await take(store, frames);
  await store.close();
  const oldTail = readFileSync(join(path, LINEAGE, 'tail'));
  const again = new ReplicaStore(path, CAP);
  await take(again, snapshotAt(frames[3]!, Buffer.from('state at four')));
  await again.close();
  writeFileSync(join(path, LINEAGE, 'tail'), oldTail);
  const found = new ReplicaStore(path, CAP);
  expect(seqsOf(found)).toEqual([5, 6]);
  expect(found.heads()[0]).toMatchObject({ seq: 6, snapshotSeq: 4 });
  await found.close();
});
