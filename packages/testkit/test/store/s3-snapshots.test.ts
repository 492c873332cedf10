import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type S3Server, startS3Server } from '../../src/s3-server.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SnapshotFile } from '@tagmill/manager/store/journal';
import { fetchS3Snapshot, listS3Snapshots, type S3Place } from '@tagmill/manager/store/s3-snapshots';
import { writeSnapshotFile } from '@tagmill/manager/store/snapshot-file';
import { SnapshotUploader } from '@tagmill/manager/store/snapshot-uploader';

let server: S3Server;
let folder: string;
let place: S3Place;
beforeAll(async () => {
  server = await startS3Server();
  await server.createBucket('snapshots');
  place = { bucket: 'snapshots', prefix: 'tagmill', endpoint: server.endpoint, region: undefined, credentials: server.credentials };
  folder = mkdtempSync(join(tmpdir(), 'tagmill-s3-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.stop();
});

function snapshotOf(lineage: string, seq: number, term = 1): SnapshotFile {
  const path = join(folder, `${lineage}-${seq}.db`);
  const at = { lineage, term, seq, hash: new Uint8Array(32).fill(seq) };
  return {
    path,
    contentHash: undefined,
    head: writeSnapshotFile(path, { ...at, atMs: 1, format: 1, nodes: 0 }, [{ name: 'all', bytes: new Uint8Array(50_000) }]),
  };
}

const log = () => {
  const said: string[] = [];
  return {
    said,
    info: (_: object, sentence: string) => void said.push(sentence),
    warn: (_: object, sentence: string) => void said.push(sentence),
  };
};

test('the newest of each lineage are kept, listed by term and entry, and come back as they went', async () => {
  const words = log();
  const uploader = new SnapshotUploader({ ...place, keep: 2 }, words);
  for (const file of [snapshotOf('a', 1), snapshotOf('a', 5), snapshotOf('b', 9), snapshotOf('a', 4, 2)]) {
    uploader.offer(file);
    await uploader.idle();
  }
  await uploader.close();
  expect(words.said).toEqual(Array.from({ length: 4 }, () => 'a snapshot is copied to S3'));
  await server.put('snapshots', 'tagmill/a/notes.txt', 'not one of ours');
  const found = await listS3Snapshots(place);
  expect(found.map(({ lineage, term, seq }) => [lineage, term, seq])).toEqual([
    ['a', 1, 5],
    ['b', 1, 9],
    ['a', 2, 4],
  ]);
  const path = join(folder, 'fetched.db');
  const head = await fetchS3Snapshot(place, found[2]!, path);
  expect(head).toMatchObject({ lineage: 'a', term: 2, seq: 4, hash: found[2]!.hash });
});

test('one that was damaged, or is of another entry than its name says, is refused and leaves nothing', async () => {
  const path = join(folder, 'refused.db');
  const name = (seq: string) => `tagmill/c/0000000001-${seq}-${'07'.repeat(32)}.db`;
  await server.put('snapshots', name('000000000007'), 'x'.repeat(20_000));
  await server.put('snapshots', name('000000000008'), readFileSync(snapshotOf('c', 7).path));
  const [broken, other] = (await listS3Snapshots(place)).filter(({ lineage }) => lineage === 'c');
  await expect(fetchS3Snapshot(place, broken!, path)).rejects.toMatchObject({ code: 'SNAPSHOT_UNUSABLE' });
  await expect(fetchS3Snapshot(place, other!, path)).rejects.toThrow(/another entry than its name says/);
  expect(existsSync(path)).toBe(false);
});

test('a store that refuses is warned about, blocks nothing, and the next snapshot is tried', async () => {
  const words = log();
  const uploader = new SnapshotUploader({ ...place, bucket: 'not-there', keep: 2 }, words);
  uploader.offer(snapshotOf('d', 1));
  await uploader.idle();
  uploader.offer(snapshotOf('d', 2));
  await uploader.close();
  expect(words.said[0]).toMatch(/could not be copied to S3; the next one is tried/);
  await expect(listS3Snapshots({ ...place, bucket: 'not-there' })).rejects.toMatchObject({ code: 'S3_UNAVAILABLE' });
});
