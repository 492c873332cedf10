/** All tags of one block of users: rows become planes, leaves become tags, planes become rows again. */
import type { CompiledPass } from './compile-pass.ts';
import type { TableRows } from './fetch-table.ts';
import type { TableIndex } from './index/table-index.ts';
import type { Merged } from './merge-keys.ts';
import { BLOCK, BLOCK_USERS, makeProgram, PLANE_WORDS, type Program, runProgram, transpose32 } from './planes.ts';
import { LEAVES_PER_WORD } from './scan-sql.ts';

/** What each leaf of SQL is for a user that a table does not have, as words like those of its rows. */
export type AbsentWords = Uint32Array;

/** Bits of tags, `words` words a user. */
export interface ResultPlanes {
  readonly matched: Uint32Array;
  readonly notMatched: Uint32Array;
  /** Null where all tags are evaluated for the same users. */
  readonly evaluated: Uint32Array | null;
  /** A bit a user: some tag is evaluated. */
  readonly chosen: Uint32Array;
}

export interface Counts {
  readonly evaluated: Float64Array;
  readonly matched: Float64Array;
  readonly unknown: Float64Array;
}

/** Tags that the same users are evaluated for share one. */
interface Audience {
  readonly eligible: number;
  readonly reads: readonly number[];
}

/** One object for all blocks of a shard, so that nothing is allocated in the loop. Plain loops: closures here would be made 100,000 times. */
export class Block {
  readonly #pass: CompiledPass;
  readonly #rows: readonly TableRows[];
  readonly #absent: readonly AbsentWords[];
  readonly #merged: Merged;
  readonly #scopeColumn: number;
  readonly #program: Program;
  readonly #t: Int32Array;
  readonly #f: Int32Array;
  readonly #present: Int32Array;
  readonly #audiences: readonly Audience[];
  /** Planes of each tag: its audience's, and its result's. */
  readonly #audienceAt: Int32Array;
  readonly #resultAt: Int32Array;
  /** Planes of the audiences. */
  readonly #evaluated: Int32Array;
  /** How many users of the block each audience has. */
  readonly #audienceUsers: Int32Array;
  /** Rows of the block's users in a table. */
  readonly #at = new Int32Array(BLOCK_USERS);
  readonly #matrix = new Int32Array(BLOCK);
  #groups = 0;

  constructor(pass: CompiledPass, rows: readonly TableRows[], absent: readonly AbsentWords[], merged: Merged, scopeColumn: number) {
    this.#pass = pass;
    this.#rows = rows;
    this.#absent = absent;
    this.#merged = merged;
    this.#scopeColumn = scopeColumn;
    this.#program = makeProgram(pass.steps);
    this.#t = new Int32Array(pass.slots * PLANE_WORDS);
    this.#f = new Int32Array(pass.slots * PLANE_WORDS);
    this.#present = new Int32Array(merged.rowOf.length * PLANE_WORDS);
    const names = pass.tags.map(({ eligible, reads }) => JSON.stringify([eligible, reads]));
    const different = [...new Set(names)];
    this.#audiences = different.map((name) => pass.tags[names.indexOf(name)]!);
    const audienceOf = new Map(different.map((name, at) => [name, at * PLANE_WORDS]));
    this.#audienceAt = Int32Array.from(names, (name) => audienceOf.get(name)!);
    this.#resultAt = Int32Array.from(pass.tags, ({ result }) => result * PLANE_WORDS);
    this.#evaluated = new Int32Array(different.length * PLANE_WORDS);
    this.#audienceUsers = new Int32Array(different.length);
  }

  /** All tags are evaluated for the same users. */
  get alike(): boolean {
    return this.#audiences.length === 1;
  }

  /** Works out all tags of the users from `first` on, as many as a block holds. */
  load(first: number): void {
    const count = Math.min(BLOCK_USERS, this.#merged.users - first);
    this.#groups = Math.ceil(count / BLOCK);
    this.#present.fill(0);
    for (let column = 0; column < this.#merged.rowOf.length; column += 1) {
      const rowOf = this.#merged.rowOf[column]!;
      for (let i = 0; i < count; i += 1) {
        if (rowOf[first + i]! >= 0) this.#present[column * PLANE_WORDS + (i >>> 5)]! |= 1 << (i & 31);
      }
    }
    for (let table = 0; table < this.#pass.tables.length; table += 1) this.#loadTable(table, first, count);
    runProgram(this.#program, this.#t, this.#f);
    for (let audience = 0; audience < this.#audiences.length; audience += 1) this.#choose(audience);
  }

  #loadTable(table: number, first: number, count: number): void {
    const rowOf = this.#merged.rowOf[table]!;
    const at = this.#at;
    for (let i = 0; i < count; i += 1) at[i] = rowOf[first + i]!;
    at.fill(-1, count);
    const { leaves, index } = this.#pass.tables[table]!;
    for (let word = 0; word * LEAVES_PER_WORD < leaves.length; word += 1) this.#loadWord(table, word);
    if (index === undefined) return;
    const { numbers, keys } = this.#rows[table]!;
    // Most often a block's users lie one behind the other.
    const run = at[0]! >= 0 && at[BLOCK_USERS - 1]! - at[0]! === BLOCK_USERS - 1;
    // Behind the last row stand the numbers of somebody whom the table does not have.
    if (!run) for (let i = 0; i < BLOCK_USERS; i += 1) if (at[i]! < 0) at[i] = keys.count;
    this.#loadIndex(index, numbers, run ? at[0]! : -1);
  }

  /** The leaves of one word of a table: rows become planes. */
  #loadWord(table: number, word: number): void {
    const { firstSlot, leaves } = this.#pass.tables[table]!;
    const words = this.#rows[table]!.words[word]!;
    const absent = this.#absent[table]![word]!;
    const matrix = this.#matrix;
    const here = Math.min(LEAVES_PER_WORD, leaves.length - word * LEAVES_PER_WORD);
    for (let group = 0; group < this.#groups; group += 1) {
      for (let i = 0; i < BLOCK; i += 1) {
        const row = this.#at[group * BLOCK + i]!;
        matrix[i] = row < 0 ? absent : words[row]!;
      }
      transpose32(matrix);
      let to = (firstSlot + word * LEAVES_PER_WORD) * PLANE_WORDS + group;
      for (let leaf = 0; leaf < here; leaf += 1, to += PLANE_WORDS) {
        this.#t[to] = matrix[leaf]!;
        this.#f[to] = ~(matrix[leaf]! | matrix[leaf + LEAVES_PER_WORD]!);
      }
    }
  }

  /** The leaves of a table's indexes: numbers become bits, bits become planes. `run`: first row when rows follow each other, or -1. */
  #loadIndex({ words, leaves }: TableIndex, numbers: readonly Uint16Array[], run: number): void {
    const matrix = this.#matrix;
    const t = this.#t;
    const f = this.#f;
    for (let word = 0; word < words.length; word += 1) {
      const { slots, parts } = words[word]!;
      for (let group = 0; group < this.#groups; group += 1) {
        matrix.fill(0);
        for (let part = 0; part < parts.length; part += 1) {
          const { column, bits } = parts[part]!;
          if (run >= 0) gatherRun(matrix, bits, numbers[column]!, run + group * BLOCK);
          else gather(matrix, bits, numbers[column]!, this.#at, group * BLOCK);
        }
        transpose32(matrix);
        for (let bit = 0; bit < slots.length; bit += 1) t[slots[bit]! * PLANE_WORDS + group] = matrix[bit]!;
      }
    }
    for (let pair = 0; pair < leaves.length; pair += 2) {
      const leaf = leaves[pair]! * PLANE_WORDS;
      const missing = leaves[pair + 1]! * PLANE_WORDS;
      for (let group = 0; group < PLANE_WORDS; group += 1) {
        f[leaf + group] = missing < 0 ? ~t[leaf + group]! : ~(t[leaf + group]! | t[missing + group]!);
      }
    }
  }

  /** Who of the block an audience's tags are evaluated for. */
  #choose(audience: number): void {
    const { eligible, reads } = this.#audiences[audience]!;
    const { scope } = this.#pass;
    for (let group = 0; group < PLANE_WORDS; group += 1) {
      let here = 0;
      for (let i = 0; i < reads.length; i += 1) here |= this.#present[reads[i]! * PLANE_WORDS + group]!;
      if (this.#scopeColumn >= 0) here &= this.#present[this.#scopeColumn * PLANE_WORDS + group]!;
      if (scope >= 0) here &= this.#t[scope * PLANE_WORDS + group]!;
      if (eligible >= 0) here &= this.#t[eligible * PLANE_WORDS + group]!;
      this.#evaluated[audience * PLANE_WORDS + group] = here;
    }
  }

  store(first: number, words: number, planes: ResultPlanes): void {
    const { matched, notMatched, evaluated, chosen } = planes;
    // Group by group: the rows of one stay near while all their words are written.
    for (let group = 0; group < this.#groups; group += 1) {
      let anybody = 0;
      for (let at = group; at < this.#evaluated.length; at += PLANE_WORDS) anybody |= this.#evaluated[at]!;
      chosen[(first >>> 5) + group] = anybody;
      for (let word = 0; word < words; word += 1) {
        const from = (first + group * BLOCK) * words + word;
        this.#storeWord(from, words, word, group, matched, this.#t);
        this.#storeWord(from, words, word, group, notMatched, this.#f);
        if (evaluated !== null) this.#storeEvaluated(from, words, word, group, evaluated);
      }
    }
  }

  #storeWord(from: number, words: number, word: number, group: number, into: Uint32Array, plane: Int32Array): void {
    const matrix = this.#matrix;
    const resultAt = this.#resultAt;
    const first = word * BLOCK;
    const here = Math.min(BLOCK, resultAt.length - first);
    if (this.alike) {
      const all = this.#evaluated[group]!;
      for (let bit = 0; bit < here; bit += 1) matrix[bit] = all & plane[resultAt[first + bit]! + group]!;
    } else {
      for (let bit = 0; bit < here; bit += 1) {
        matrix[bit] = this.#evaluated[this.#audienceAt[first + bit]! + group]! & plane[resultAt[first + bit]! + group]!;
      }
    }
    if (here < BLOCK) matrix.fill(0, here);
    transpose32(matrix);
    for (let i = 0, to = from; i < BLOCK; i += 1, to += words) into[to] = matrix[i]!;
  }

  #storeEvaluated(from: number, words: number, word: number, group: number, into: Uint32Array): void {
    const matrix = this.#matrix;
    for (let bit = 0; bit < BLOCK; bit += 1) {
      const audience = this.#audienceAt[word * BLOCK + bit];
      matrix[bit] = audience === undefined ? 0 : this.#evaluated[audience + group]!;
    }
    transpose32(matrix);
    for (let i = 0; i < BLOCK; i += 1) into[from + i * words] = matrix[i]!;
  }

  count({ evaluated, matched, unknown }: Counts): void {
    const [t, f, audiences, audienceUsers] = [this.#t, this.#f, this.#evaluated, this.#audienceUsers];
    for (let audience = 0; audience < audienceUsers.length; audience += 1) {
      let all = 0;
      for (let group = 0; group < PLANE_WORDS; group += 1) all += bytesOfOnes(audiences[audience * PLANE_WORDS + group]!);
      audienceUsers[audience] = sumOfBytes(all);
    }
    for (let tag = 0; tag < this.#resultAt.length; tag += 1) {
      const audience = this.#audienceAt[tag]!;
      const result = this.#resultAt[tag]!;
      let [yes, no] = [0, 0];
      for (let group = 0; group < PLANE_WORDS; group += 1) {
        const here = audiences[audience + group]!;
        yes += bytesOfOnes(here & t[result + group]!);
        no += bytesOfOnes(here & f[result + group]!);
      }
      const users = audienceUsers[audience / PLANE_WORDS]!;
      const holders = sumOfBytes(yes);
      evaluated[tag]! += users;
      matched[tag]! += holders;
      unknown[tag]! += users - holders - sumOfBytes(no);
    }
  }
}

/** Adds the bits of 32 users' values to their rows. */
function gather(matrix: Int32Array, bits: Int32Array, numbers: Uint16Array, at: Int32Array, from: number): void {
  for (let i = 0; i < BLOCK; i += 1) matrix[i]! |= bits[numbers[at[from + i]!]!]!;
}

/** The same for rows that follow each other. */
function gatherRun(matrix: Int32Array, bits: Int32Array, numbers: Uint16Array, from: number): void {
  for (let i = 0; i < BLOCK; i += 1) matrix[i]! |= bits[numbers[from + i]!]!;
}

/** Bits that are set, by byte: at most 8 in each, so that those of a block's words can be added. */
function bytesOfOnes(word: number): number {
  let w = word - ((word >>> 1) & 0x55555555);
  w = (w & 0x33333333) + ((w >>> 2) & 0x33333333);
  return (w + (w >>> 4)) & 0x0f0f0f0f;
}

const sumOfBytes = (bytes: number): number => (bytes & 0xff) + ((bytes >>> 8) & 0xff) + ((bytes >>> 16) & 0xff) + (bytes >>> 24);
