/** What a merge takes from a piece, with the policies of the tags for users whose result is UNKNOWN. */
import type { PassTag } from '@tagmill/shared/job';
import { inByteOrder, type MergeBatch } from '@tagmill/shared/merge/batch';
import type { Piece, PieceBatch } from '../engine/piece.ts';

type Policy = Pick<PassTag, 'unknown' | 'keepForRuns'>;

export function* mergeBatches(piece: Piece, tags: readonly Policy[]): Generator<MergeBatch> {
  // An UNKNOWN that is counted stands in both planes.
  const losing = bitsOf(tags, ({ unknown, keepForRuns }) => unknown === 'remove' || keepForRuns !== undefined);
  const counted = bitsOf(tags, ({ keepForRuns }) => keepForRuns !== undefined);
  for (const found of piece.batches()) {
    const { users, keys, offsets, words } = found;
    const matched = withUnknown(found.matched, found, counted);
    const notMatched = withUnknown(found.notMatched, found, losing);
    const batch = { count: users, keys, offsets, words, matched, notMatched };
    yield piece.header.keyType === 'string' ? batch : inByteOrder(batch);
  }
}

/** Bits of the tags of a kind; undefined: none is. */
function bitsOf(tags: readonly Policy[], isOne: (tag: Policy) => boolean): Uint32Array | undefined {
  if (!tags.some(isOne)) return undefined;
  const bits = new Uint32Array(Math.ceil(tags.length / 32));
  for (const [bit, tag] of tags.entries()) if (isOne(tag)) bits[bit >> 5]! |= 1 << (bit & 31);
  return bits;
}

function withUnknown(
  plane: Uint32Array,
  { words, matched, notMatched, evaluated }: PieceBatch,
  bits: Uint32Array | undefined,
): Uint32Array {
  if (bits === undefined) return plane;
  return plane.map((own, at) => own | ((evaluated === null ? -1 : evaluated[at]!) & ~matched[at]! & ~notMatched[at]! & bits[at % words]!));
}
