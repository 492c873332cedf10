import { createHash } from 'node:crypto';
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
