/** What a merge takes from a piece, with the policies of the tags for users whose result is UNKNOWN. */
import type { PassTag } from '@tagmill/shared/job';
import { inByteOrder, type MergeBatch } from '@tagmill/shared/merge/batch';
import type { Piece, PieceBatch } from '../engine/piece.ts';

export function* mergeBatches(piece: Piece, tags: readonly Pick<PassTag, 'unknown'>[]): Generator<MergeBatch> {
  const losing = losingBits(tags);
  for (const found of piece.batches()) {
    const { users, keys, offsets, words, matched } = found;
    const notMatched = losing === undefined ? found.notMatched : withUnknown(found, losing);
    const batch = { count: users, keys, offsets, words, matched, notMatched };
    yield piece.header.keyType === 'string' ? batch : inByteOrder(batch);
  }
}

/** Bits of the tags that holders lose when their result is UNKNOWN; undefined: none. */
function losingBits(tags: readonly Pick<PassTag, 'unknown'>[]): Uint32Array | undefined {
  if (!tags.some(({ unknown }) => unknown === 'remove')) return undefined;
  const bits = new Uint32Array(Math.ceil(tags.length / 32));
  for (const [bit, { unknown }] of tags.entries()) if (unknown === 'remove') bits[bit >> 5]! |= 1 << (bit & 31);
  return bits;
}

function withUnknown({ words, matched, notMatched, evaluated }: PieceBatch, losing: Uint32Array): Uint32Array {
  return notMatched.map((no, at) => no | ((evaluated === null ? -1 : evaluated[at]!) & ~matched[at]! & losing[at % words]!));
}
