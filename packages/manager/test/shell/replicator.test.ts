import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReplicaFrame } from '@tagmill/shared/gen/tagmill/v1/ReplicaFrame';
import { LIMITS } from '@tagmill/shared/limits';
import { expect, test } from 'vitest';
import { Replicator } from '../../src/shell/replicator.ts';
import { signatureOf } from '../../src/shell/recovery-key.ts';
import type { CommittedBatch } from '../../src/store/journal.ts';

const KEY = new Uint8Array(32).fill(7);
const LINEAGE = 'a history';

const batch = (seq: number): CommittedBatch => ({
  seq,
  term: 1,
  blob: Uint8Array.of(seq),
  hash: createHash('sha256').update(String(seq)).digest(),
});

test('an executor that comes back with all there is counts at once: nothing more is sent that it could acknowledge', async () => {
  const batches = [1, 2, 3].map(batch);
  let told = 0;
  let sent = 0;
  const replicator = new Replicator({
    journal: {
      tail: (from: number) => Promise.resolve(batches.filter((one) => one.seq >= from)),
      snapshotFile: () => undefined,
      onSnapshot: () => () => undefined,
      keepFrom: () => () => undefined,
    },
    key: KEY,
    lineage: LINEAGE,
    lastSeq: 3,
    copies: 1,
    send: () => {
      sent += 1;
      return true;
    },
    tellHolders: (holders: number) => {
      told = holders;
      return Promise.resolve();
    },
    warn: (facts: object, sentence: string) => expect.unreachable(`${sentence} ${JSON.stringify(facts)}`),
    info: () => undefined,
  } as unknown as ConstructorParameters<typeof Replicator>[0]);
  const last = batches[2]!;
  const head = {
    lineage: LINEAGE,
    term: 1,
    seq: 3,
    hash: last.hash,
    contentHash: new Uint8Array(0),
    snapshotSeq: 0,
    sizeBytes: 3,
    writtenMs: 0,
  };
  const mac = signatureOf(KEY, 'batch', { lineage: LINEAGE, ...last });
  replicator.joined('e1', 'e1', [{ ...head, mac }]);
  await new Promise<void>((resolve) => replicator.whenCopied(3, () => resolve()));
  expect([told, sent]).toEqual([1, 0]);
  replicator.close();
});

test('an executor that reads nothing is left alone until the next look: the manager goes on meanwhile', async () => {
  let asked = 0;
  const replicator = new Replicator({
    journal: {
      tail: (from: number) => Promise.resolve([1, 2, 3].map(batch).filter((one) => one.seq >= from)),
      snapshotFile: () => undefined,
      onSnapshot: () => () => undefined,
      keepFrom: () => () => undefined,
    },
    key: KEY,
    lineage: LINEAGE,
    lastSeq: 3,
    copies: 1,
    send: () => {
      asked += 1;
      // Without an end the process would hang here instead of failing.
      if (asked > 1_000) throw new Error('it is asked over and over');
      return false;
    },
    tellHolders: () => Promise.resolve(),
    warn: (facts: object, sentence: string) => expect.unreachable(`${sentence} ${JSON.stringify(facts)}`),
    info: () => undefined,
  } as unknown as ConstructorParameters<typeof Replicator>[0]);
  replicator.joined('e1', 'e1', []);
  await expect.poll(() => asked).toBeGreaterThan(0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toBeLessThan(100);
  replicator.close();
});

/** At most, of a frame on the wire: its texts and bytes, and tags and numbers of all fields. */
const encodedBytes = (frame: ReplicaFrame): number =>
  Object.values(frame).reduce(
    (sum: number, field) => sum + (typeof field === 'object' || typeof field === 'string' ? (field?.length ?? 0) : 0) + 11,
    0,
  );

test('an entry that is larger than a message goes out in several, in order, and counts when all of it is acknowledged', async () => {
  const large = { ...batch(1), blob: new Uint8Array(3 * LIMITS.messageBytes).fill(9) };
  const batches = [large, ...Array.from({ length: 3_000 }, (_, i) => batch(i + 2))];
  const sizes: number[] = [];
  let parts = 0;
  let bytes = 0;
  let lastSeq = 0;
  const replicator = new Replicator({
    journal: {
      tail: (from: number) => Promise.resolve(batches.filter((one) => one.seq >= from)),
      snapshotFile: () => undefined,
      onSnapshot: () => () => undefined,
      keepFrom: () => () => undefined,
    },
    key: KEY,
    lineage: LINEAGE,
    lastSeq: batches.length,
    copies: 1,
    send: (id: string, frames: readonly ReplicaFrame[]) => {
      sizes.push(frames.reduce((sum, frame) => sum + encodedBytes(frame), 0));
      for (const frame of frames) {
        bytes += (frame.data as Uint8Array).length;
        if (frame.seq === 1) expect(frame.part).toBe(parts++);
        if (frame.lastPart === true) lastSeq = frame.seq as number;
      }
      // What has not come whole is not there yet.
      const ack = { lineage: LINEAGE, seq: lastSeq, snapshotSeq: 0, bytes, problem: '' };
      queueMicrotask(() => replicator.acknowledged(id, ack));
      return true;
    },
    tellHolders: () => Promise.resolve(),
    warn: (facts: object, sentence: string) => expect.unreachable(`${sentence} ${JSON.stringify(facts)}`),
    info: () => undefined,
  } as unknown as ConstructorParameters<typeof Replicator>[0]);
  replicator.joined('e1', 'e1', []);
  await new Promise<void>((resolve) => replicator.whenCopied(batches.length, () => resolve()));
  expect(parts).toBe(4);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(LIMITS.messageBytes);
  replicator.close();
});

test('snapshots go out to one executor after the other, and the journal behind them is kept until each follows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tagmill-copies-'));
  const path = join(folder, 'snapshot');
  writeFileSync(path, new Uint8Array(1_000_000).fill(5));
  const entries = [6, 7].map(batch);
  const snapshot = {
    path,
    contentHash: undefined,
    head: { ...batch(5), lineage: LINEAGE, atMs: 0, sizeBytes: 1_000_000, format: 1, nodes: 0 },
  };
  let needed = (): number | undefined => undefined;
  const got: string[] = [];
  const bytes = new Map<string, number>();
  const replicator = new Replicator({
    journal: {
      tail: (from: number) => Promise.resolve(entries.filter((one) => one.seq >= from)),
      snapshotFile: () => snapshot,
      onSnapshot: () => () => undefined,
      keepFrom: (asked: () => number | undefined) => {
        needed = asked;
        return () => undefined;
      },
    },
    key: KEY,
    lineage: LINEAGE,
    lastSeq: 7,
    copies: 2,
    send: (id: string, frames: readonly ReplicaFrame[]) => {
      for (const { kind, seq, data } of frames) {
        bytes.set(id, (bytes.get(id) ?? 0) + (data as Uint8Array).length);
        got.push(`${id} ${kind === 1 ? 'snapshot' : seq}`);
      }
      const seq = Number(frames.at(-1)?.seq);
      const ack = { lineage: LINEAGE, seq, snapshotSeq: 5, bytes: bytes.get(id)!, problem: '' };
      queueMicrotask(() => replicator.acknowledged(id, ack));
      return true;
    },
    tellHolders: () => Promise.resolve(),
    warn: (facts: object, sentence: string) => expect.unreachable(`${sentence} ${JSON.stringify(facts)}`),
    info: () => undefined,
  } as unknown as ConstructorParameters<typeof Replicator>[0]);
  replicator.joined('e1', 'e1', []);
  replicator.joined('e2', 'e2', []);
  await expect.poll(() => got.length).toBeGreaterThan(0);
  expect(needed()).toBe(6);
  await expect.poll(() => got.filter((one) => one.endsWith(' 7')).length, { timeout: 20_000 }).toBe(2);
  const order = got.filter((one) => one.endsWith('snapshot'));
  expect(order).toEqual([...order].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
  await expect.poll(needed).toBe(undefined);
  replicator.close();
  rmSync(folder, { recursive: true });
});
