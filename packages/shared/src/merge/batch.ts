/**
 * What evaluation hands to a merge: the users of a shard in batches, sorted by
 * the bytes of their key, with two bit planes for the tags of the pass.
 *
 * A tag whose bit is set in neither plane is UNKNOWN for the user, or was not
 * evaluated for them: the merge leaves it as it is. One whose bit is set in
 * both is UNKNOWN, and the merge counts for how many runs it has been.
 */

/**
 * Users in one batch, all but the last of a shard. A merge commits batch by
 * batch and remembers which are done by their number, so where batches are cut
 * depends on the piece alone, and never on the machine or the attempt.
 */
export const MERGE_BATCH_USERS = 65_536;

export interface MergeBatch {
  /** Users in this batch, 1 to MERGE_BATCH_USERS. */
  readonly count: number;
  /** UTF-8 of all keys, end to end (decimal digits where the tables' keys are integers). */
  readonly keys: Uint8Array;
  /** count + 1 positions in `keys`: user r is keys[offsets[r], offsets[r + 1]). */
  readonly offsets: Uint32Array;
  /** 32-bit words for a user in each plane: ceil(tags of the pass / 32). */
  readonly words: number;
  /** Row by row: tag i of the pass is bit (i & 31) of matched[r * words + (i >> 5)]. */
  readonly matched: Uint32Array;
  readonly notMatched: Uint32Array;
}

/** Words that a plane needs for so many tags. */
export const planeWords = (tagCount: number): number => Math.max(1, Math.ceil(tagCount / 32));

/** One user as plain values, for tests and small merges. */
export interface MergeUser {
  readonly userId: string;
  /** Positions of tags in the pass. */
  readonly matched: readonly number[];
  readonly notMatched: readonly number[];
}

/** Users packed into batches; sorts them by the bytes of their key first. */
export function packBatches(users: readonly MergeUser[], tagCount: number, batchUsers = MERGE_BATCH_USERS): MergeBatch[] {
  const encoder = new TextEncoder();
  const rows = users.map((user) => ({ key: encoder.encode(user.userId), user }));
  rows.sort((a, b) => compareBytes(a.key, b.key));
  const batches: MergeBatch[] = [];
  for (let from = 0; from < rows.length; from += batchUsers) {
    batches.push(packBatch(rows.slice(from, from + batchUsers), planeWords(tagCount)));
  }
  return batches;
}

function packBatch(rows: readonly { key: Uint8Array; user: MergeUser }[], words: number): MergeBatch {
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((row, index) => {
    offsets[index + 1] = offsets[index]! + row.key.length;
  });
  const keys = new Uint8Array(offsets[rows.length]!);
  const matched = new Uint32Array(rows.length * words);
  const notMatched = new Uint32Array(rows.length * words);
  rows.forEach((row, index) => {
    keys.set(row.key, offsets[index]!);
    setBits(matched, index * words, row.user.matched);
    setBits(notMatched, index * words, row.user.notMatched);
  });
  return { count: rows.length, keys, offsets, words, matched, notMatched };
}

function setBits(plane: Uint32Array, base: number, bits: readonly number[]): void {
  for (const bit of bits) {
    const word = base + (bit >> 5);
    plane[word] = (plane[word]! | (1 << (bit & 31))) >>> 0;
  }
}

/** Order of UTF-8 bytes, which is the order of code points and of every `_bin` collation. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) {
    const difference = a[at]! - b[at]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The same users in the order of the bytes of their keys, as a merge needs them; pieces with integer keys are ordered by value. */
export function inByteOrder(batch: MergeBatch): MergeBatch {
  const { count, words } = batch;
  const key = (row: number): Uint8Array => batch.keys.subarray(batch.offsets[row]!, batch.offsets[row + 1]!);
  const order = Uint32Array.from({ length: count }, (_, row) => row).sort((a, b) => compareBytes(key(a), key(b)));
  const keys = new Uint8Array(batch.keys.length);
  const offsets = new Uint32Array(count + 1);
  const matched = new Uint32Array(batch.matched.length);
  const notMatched = new Uint32Array(batch.notMatched.length);
  order.forEach((from, to) => {
    keys.set(key(from), offsets[to]!);
    offsets[to + 1] = offsets[to]! + key(from).length;
    matched.set(batch.matched.subarray(from * words, (from + 1) * words), to * words);
    notMatched.set(batch.notMatched.subarray(from * words, (from + 1) * words), to * words);
  });
  return { count, keys, offsets, words, matched, notMatched };
}
