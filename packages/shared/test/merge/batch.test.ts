import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inByteOrder, type MergeBatch, packBatches } from '../../src/merge/batch.ts';
import { BatchMerge } from '../../src/merge/batch-merge.ts';
import { PassTags } from '../../src/merge/pass-tags.ts';

const job = {
  runId: 'r',
  pass: 0,
  tags: [{ tagId: 1, name: 'one', reason: 'r', ruleVersion: 1 }],
  today: '2026-11-22',
  businessDate: '2026-11-22',
  dense: true,
};
const tags = new PassTags(job, [1]);

describe('batches', () => {
  it('are sorted by UTF-8 bytes, not by UTF-16 units', () => {
    const users = ['\u{1F600}', '\uFF21', 'a', 'Z'].map((userId) => ({ userId, matched: [0], notMatched: [] }));
    const [batch] = packBatches(users, 1);
    const merge = new BatchMerge(tags, batch!);
    expect([0, 1, 2, 3].map((row) => merge.keyText(row))).toEqual(['Z', 'a', '\uFF21', '\u{1F600}']);
  });

  it('of integer keys, which pieces order by value, are put in the order of bytes with all their bits', () => {
    const users = [-10, -9, 9, 10, 99, 100, 1000].map((id, at) => ({ userId: String(id), matched: [at, at + 40], notMatched: [at + 8] }));
    const byValue = joined(users.map((user) => packBatches([user], 48)[0]!));
    expect(inByteOrder(byValue)).toEqual(packBatches(users, 48)[0]);
    const merge = new BatchMerge(tags, inByteOrder(byValue));
    for (const { userId } of users) expect(merge.find(Buffer.from(userId))).toBeGreaterThanOrEqual(0);
  });

  it('find every key, in any order, and no other', () => {
    const keys = fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(keys, fc.array(fc.nat()), (all, order) => {
        const known = all.filter((_, index) => index % 3 !== 0 || all.length === 1);
        if (known.length === 0) return;
        const [batch] = packBatches(
          known.map((userId) => ({ userId, matched: [], notMatched: [] })),
          1,
        );
        const merge = new BatchMerge(tags, batch!);
        for (const at of order) {
          const key = all[at % all.length]!;
          const row = merge.find(Buffer.from(key, 'utf8'));
          if (known.includes(key)) expect(merge.keyText(row)).toBe(key);
          else expect(row).toBe(-1);
        }
      }),
    );
  });
});

/** Batches of one user each as one, in the order given. */
function joined(batches: readonly MergeBatch[]): MergeBatch {
  const words = (plane: 'matched' | 'notMatched'): Uint32Array => Uint32Array.from(batches.flatMap((batch) => [...batch[plane]]));
  const keys = Uint8Array.from(batches.flatMap((batch) => [...batch.keys]));
  const offsets = new Uint32Array(batches.length + 1);
  batches.forEach((batch, at) => {
    offsets[at + 1] = offsets[at]! + batch.keys.length;
  });
  return { count: batches.length, keys, offsets, words: batches[0]!.words, matched: words('matched'), notMatched: words('notMatched') };
}
