/** Joins the tables' rows by user and works out every tag, a block of users at a time. */
import { type AbsentWords, Block, type ResultPlanes } from './block.ts';
import type { CompiledPass } from './compile-pass.ts';
import type { TableRows } from './fetch-table.ts';
import { type Keys, keyAt, type RankedKeys } from './keys.ts';
import { type Merged, mergeKeys } from './merge-keys.ts';
import { PIECE_BATCH_USERS, type PieceBatch, wordsFor } from './piece.ts';
import { BLOCK, BLOCK_USERS } from './planes.ts';
import type { Scratch } from './scratch.ts';

export type { AbsentWords } from './block.ts';

export interface Assembled {
  readonly batches: readonly PieceBatch[];
  readonly users: number;
  /** By tag, in the order of the pass. */
  readonly evaluated: Float64Array;
  readonly matched: Float64Array;
  readonly unknown: Float64Array;
}

/**
 * The batches lie in the scratch: they hold until the next shard.
 * `scope`: keys of the users that are asked for, sorted; undefined: all.
 * Users for whom no tag was evaluated are left out.
 */
export function assemble(
  pass: CompiledPass,
  rows: readonly TableRows[],
  absent: readonly AbsentWords[],
  scope: RankedKeys | undefined,
  scratch: Scratch,
): Assembled {
  const columns = rows.map((table) => table.keys);
  const merged = mergeKeys(scope === undefined ? rows : [...rows, scope], scratch);
  const words = wordsFor(pass.tags.length);
  const size = Math.ceil(merged.users / BLOCK) * BLOCK * words;
  const [evaluated, matched, unknown] = [0, 1, 2].map(() => new Float64Array(pass.tags.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const counts = { evaluated, matched, unknown };
  const block = new Block(pass, rows, absent, merged, scope === undefined ? -1 : columns.length);
  const planes = {
    matched: scratch.uint32('matched', size),
    notMatched: scratch.uint32('notMatched', size),
    evaluated: block.alike ? null : scratch.uint32('evaluated', size),
    chosen: scratch.uint32('users chosen', Math.ceil(merged.users / BLOCK)),
  };
  for (let first = 0; first < merged.users; first += BLOCK_USERS) {
    block.load(first);
    block.store(first, words, planes);
    block.count(counts);
  }
  const chosen = chooseEvaluated(planes.chosen, merged.users, scratch.uint32('chosen', merged.users));
  const isWhole = (plane: Uint32Array): boolean => isAllOnes(plane, words, pass.tags.length);
  return { batches: batchesOf(chosen, columns, merged, planes, words, isWhole, scratch), users: chosen.length, ...counts };
}

/** Users of the bits that are set. */
function chooseEvaluated(bits: Uint32Array, users: number, chosen: Uint32Array): Uint32Array {
  let count = 0;
  for (let user = 0; user < users; user += 1) {
    if (((bits[user >>> 5]! >>> (user & 31)) & 1) === 1) chosen[count++] = user;
  }
  return chosen.subarray(0, count);
}

/** Whether each of so many tags is set for each user. */
function isAllOnes(plane: Uint32Array, words: number, tags: number): boolean {
  const last = tags % BLOCK === 0 ? 0xffffffff : 2 ** (tags % BLOCK) - 1;
  for (let at = 0; at < plane.length; at += words) {
    for (let word = 0; word < words - 1; word += 1) if (plane[at + word] !== 0xffffffff) return false;
    if (plane[at + words - 1] !== last) return false;
  }
  return true;
}

function batchesOf(
  chosen: Uint32Array,
  columns: readonly Keys[],
  merged: Merged,
  planes: ResultPlanes,
  words: number,
  isWhole: (evaluated: Uint32Array) => boolean,
  scratch: Scratch,
): PieceBatch[] {
  const batches: PieceBatch[] = [];
  for (let start = 0; start < chosen.length; start += PIECE_BATCH_USERS) {
    const users = chosen.subarray(start, start + PIECE_BATCH_USERS);
    const evaluated = planes.evaluated === null ? null : pick(planes.evaluated, users, words);
    batches.push({
      users: users.length,
      words,
      ...keysOf(users, columns, merged, (bytes) => scratch.bytes(`keys ${start}`, bytes)),
      matched: pick(planes.matched, users, words),
      notMatched: pick(planes.notMatched, users, words),
      evaluated: evaluated === null || isWhole(evaluated) ? null : evaluated,
    });
  }
  return batches;
}

function pick(plane: Uint32Array, users: Uint32Array, words: number): Uint32Array {
  const first = users[0]!;
  // Most often nobody was left out: the words lie one after the other already.
  if (users[users.length - 1]! - first === users.length - 1) return plane.subarray(first * words, (first + users.length) * words);
  const picked = new Uint32Array(users.length * words);
  users.forEach((user, at) => {
    for (let word = 0; word < words; word += 1) picked[at * words + word] = plane[user * words + word]!;
  });
  return picked;
}

function keysOf(
  users: Uint32Array,
  columns: readonly Keys[],
  merged: Merged,
  bufferOf: (bytes: number) => Buffer,
): { keys: Buffer; offsets: Uint32Array } {
  const offsets = new Uint32Array(users.length + 1);
  if (columns[0]?.kind !== 'string') {
    const texts = Array.from(users, (user) => {
      const source = merged.source[user]!;
      return keyAt(columns[source]!, merged.rowOf[source]![user]!);
    });
    texts.forEach((text, at) => {
      offsets[at + 1] = offsets[at]! + text.length;
    });
    return { keys: Buffer.from(texts.join(''), 'latin1'), offsets };
  }
  const texts = columns as readonly Extract<Keys, { kind: 'string' }>[];
  for (let at = 0; at < users.length; at += 1) {
    const source = merged.source[users[at]!]!;
    const row = merged.rowOf[source]![users[at]!]!;
    offsets[at + 1] = offsets[at]! + texts[source]!.offsets[row + 1]! - texts[source]!.offsets[row]!;
  }
  const keys = bufferOf(offsets[users.length]!);
  for (let at = 0; at < users.length; ) {
    const source = merged.source[users[at]!]!;
    const { bytes, offsets: from } = texts[source]!;
    const row = merged.rowOf[source]![users[at]!]!;
    // Neighbours whose keys lie one after the other in the same table are copied at once.
    let run = 1;
    while (at + run < users.length && merged.source[users[at + run]!] === source && merged.rowOf[source]![users[at + run]!] === row + run)
      run += 1;
    bytes.copy(keys, offsets[at]!, from[row]!, from[row + run]!);
    at += run;
  }
  return { keys, offsets };
}
