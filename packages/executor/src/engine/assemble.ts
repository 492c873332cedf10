/** Joins the tables' rows by user and works out every tag, 32 users at a time. */
import { PIECE_BATCH_USERS, type PieceBatch, wordsFor } from './piece.ts';
import type { CompiledPass } from './compile-pass.ts';
import type { TableRows } from './fetch-table.ts';
import { type Keys, keyAt, type RankedKeys } from './keys.ts';
import { type Merged, mergeKeys } from './merge-keys.ts';
import { BLOCK, runSteps, transpose32 } from './planes.ts';
import { LEAVES_PER_WORD } from './scan-sql.ts';
import type { Scratch } from './scratch.ts';

export interface Assembled {
  readonly batches: readonly PieceBatch[];
  readonly users: number;
  /** By tag, in the order of the pass. */
  readonly evaluated: Float64Array;
  readonly matched: Float64Array;
  readonly unknown: Float64Array;
}

/** What each leaf is for a user that a table does not have, as words like those of its rows. */
export type AbsentWords = Uint32Array;

interface Planes {
  readonly matched: Uint32Array;
  readonly notMatched: Uint32Array;
  readonly evaluated: Uint32Array;
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
  const planes = {
    matched: scratch.uint32('matched', size),
    notMatched: scratch.uint32('notMatched', size),
    evaluated: scratch.uint32('evaluated', size),
  };
  const counts = [0, 1, 2].map(() => new Float64Array(pass.tags.length));
  const [evaluated, matched, unknown] = counts as [Float64Array, Float64Array, Float64Array];
  const block = new Block(pass, rows, absent, merged, scope === undefined ? -1 : columns.length);
  for (let first = 0; first < merged.users; first += BLOCK) {
    block.load(first);
    block.store(first, words, planes);
    block.count(evaluated, matched, unknown);
  }
  const chosen = chooseEvaluated(planes.evaluated, merged.users, words, scratch.uint32('chosen', merged.users));
  return { batches: batchesOf(chosen, columns, merged, planes, words, scratch), users: chosen.length, evaluated, matched, unknown };
}

/** The state of one block of 32 users; one object for all blocks of a shard, so that nothing is allocated in the loop. */
class Block {
  readonly #pass: CompiledPass;
  readonly #rows: readonly TableRows[];
  readonly #absent: readonly AbsentWords[];
  readonly #merged: Merged;
  readonly #scopeColumn: number;
  readonly #t: Int32Array;
  readonly #f: Int32Array;
  readonly #present: Int32Array;
  readonly #evaluated: Int32Array;
  readonly #matrix = new Int32Array(BLOCK);

  constructor(pass: CompiledPass, rows: readonly TableRows[], absent: readonly AbsentWords[], merged: Merged, scopeColumn: number) {
    this.#pass = pass;
    this.#rows = rows;
    this.#absent = absent;
    this.#merged = merged;
    this.#scopeColumn = scopeColumn;
    this.#t = new Int32Array(pass.slots);
    this.#f = new Int32Array(pass.slots);
    this.#present = new Int32Array(merged.rowOf.length);
    this.#evaluated = new Int32Array(pass.tags.length);
  }

  /** Works out all tags of the users [first, first + 32). Plain loops: closures here would be made 100,000 times. */
  load(first: number): void {
    const count = Math.min(BLOCK, this.#merged.users - first);
    for (let column = 0; column < this.#present.length; column += 1) {
      const rowOf = this.#merged.rowOf[column]!;
      let present = 0;
      for (let i = 0; i < count; i += 1) present |= (rowOf[first + i]! >= 0 ? 1 : 0) << i;
      this.#present[column] = present;
    }
    for (let table = 0; table < this.#pass.tables.length; table += 1) {
      const { words } = this.#rows[table]!;
      for (let word = 0; word < words.length; word += 1) this.#loadWord(table, word, first, count);
    }
    runSteps(this.#pass.steps, this.#t, this.#f);
    let inScope = this.#scopeColumn < 0 ? -1 : this.#present[this.#scopeColumn]!;
    if (this.#pass.scope >= 0) inScope &= this.#t[this.#pass.scope]!;
    for (let tag = 0; tag < this.#evaluated.length; tag += 1) {
      const { eligible, reads } = this.#pass.tags[tag]!;
      let present = 0;
      for (let i = 0; i < reads.length; i += 1) present |= this.#present[reads[i]!]!;
      this.#evaluated[tag] = present & inScope & (eligible < 0 ? -1 : this.#t[eligible]!);
    }
  }

  /** The leaves of one word of a table: rows become planes. */
  #loadWord(table: number, word: number, first: number, count: number): void {
    const { firstSlot, leaves } = this.#pass.tables[table]!;
    const rowOf = this.#merged.rowOf[table]!;
    const words = this.#rows[table]!.words[word]!;
    const absent = this.#absent[table]!;
    const matrix = this.#matrix;
    for (let i = 0; i < BLOCK; i += 1) {
      const row = i < count ? rowOf[first + i]! : -1;
      matrix[i] = row < 0 ? absent[word]! : words[row]!;
    }
    transpose32(matrix);
    const slot = firstSlot + word * LEAVES_PER_WORD;
    const here = Math.min(LEAVES_PER_WORD, leaves.length - word * LEAVES_PER_WORD);
    for (let leaf = 0; leaf < here; leaf += 1) {
      this.#t[slot + leaf] = matrix[leaf]!;
      this.#f[slot + leaf] = ~(matrix[leaf]! | matrix[leaf + LEAVES_PER_WORD]!);
    }
  }

  store(first: number, words: number, planes: Planes): void {
    for (let word = 0; word < words; word += 1) {
      this.#storeWord(first, words, word, planes.matched, this.#t);
      this.#storeWord(first, words, word, planes.notMatched, this.#f);
      this.#storeWord(first, words, word, planes.evaluated, undefined);
    }
  }

  #storeWord(first: number, words: number, word: number, into: Uint32Array, plane: Int32Array | undefined): void {
    const matrix = this.#matrix;
    const { tags } = this.#pass;
    for (let bit = 0; bit < BLOCK; bit += 1) {
      const tag = word * BLOCK + bit;
      const evaluated = tag < tags.length ? this.#evaluated[tag]! : 0;
      matrix[bit] = plane === undefined || tag >= tags.length ? evaluated : evaluated & plane[tags[tag]!.result]!;
    }
    transpose32(matrix);
    for (let i = 0; i < BLOCK; i += 1) into[(first + i) * words + word] = matrix[i]!;
  }

  count(evaluated: Float64Array, matched: Float64Array, unknown: Float64Array): void {
    for (let tag = 0; tag < this.#evaluated.length; tag += 1) {
      const here = this.#evaluated[tag]!;
      if (here === 0) continue;
      const { result } = this.#pass.tags[tag]!;
      evaluated[tag]! += ones(here);
      matched[tag]! += ones(here & this.#t[result]!);
      unknown[tag]! += ones(here & ~(this.#t[result]! | this.#f[result]!));
    }
  }
}

/** Bits that are set. */
function ones(word: number): number {
  let w = word - ((word >>> 1) & 0x55555555);
  w = (w & 0x33333333) + ((w >>> 2) & 0x33333333);
  return Math.imul((w + (w >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function chooseEvaluated(evaluated: Uint32Array, users: number, words: number, chosen: Uint32Array): Uint32Array {
  let count = 0;
  for (let user = 0; user < users; user += 1) {
    let any = 0;
    for (let word = 0; word < words; word += 1) any |= evaluated[user * words + word]!;
    if (any !== 0) chosen[count++] = user;
  }
  return chosen.subarray(0, count);
}

function batchesOf(
  chosen: Uint32Array,
  columns: readonly Keys[],
  merged: Merged,
  planes: Planes,
  words: number,
  scratch: Scratch,
): PieceBatch[] {
  const batches: PieceBatch[] = [];
  for (let start = 0; start < chosen.length; start += PIECE_BATCH_USERS) {
    const users = chosen.subarray(start, start + PIECE_BATCH_USERS);
    batches.push({
      users: users.length,
      words,
      ...keysOf(users, columns, merged, (bytes) => scratch.bytes(`keys ${start}`, bytes)),
      matched: pick(planes.matched, users, words),
      notMatched: pick(planes.notMatched, users, words),
      evaluated: pick(planes.evaluated, users, words),
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
