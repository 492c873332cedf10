/**
 * Three-valued logic over a block of users at a time. A plane has a bit for each
 * user of the block: bit i % 32 of word i >>> 5. A value is two planes, TRUE
 * and FALSE; UNKNOWN is neither. Planes of slot s are words
 * [s * PLANE_WORDS, (s + 1) * PLANE_WORDS) of two arrays.
 */
import { TagmillError } from '@tagmill/shared/errors';
import type { NormalGroup } from '@tagmill/shared/rules/normal';

/** Users in a word, and rows of a matrix that is transposed. */
export const BLOCK = 32;
/** Words of a plane: so many that what a step costs by itself does not count, so few that all planes stay near the processor. */
export const PLANE_WORDS = 8;
/** Users in a block. */
export const BLOCK_USERS = BLOCK * PLANE_WORDS;

/**
 * Transposes a 32 x 32 bit matrix in place: bit j of word i goes to bit i of
 * word j. Rows become planes and planes become rows. (Hacker's Delight 7-3,
 * written out so that words stay in registers over several rounds: three times as fast.)
 */
export function transpose32(words: Int32Array): void {
  let swap = 0;
  // Blocks of 16, 8 and 4 bits change places among words k, k + 4, ... k + 28.
  for (let k = 0; k < 4; k += 1) {
    let a = words[k]!;
    let b = words[k + 4]!;
    let c = words[k + 8]!;
    let d = words[k + 12]!;
    let e = words[k + 16]!;
    let f = words[k + 20]!;
    let g = words[k + 24]!;
    let h = words[k + 28]!;
    swap = ((a >>> 16) ^ e) & 0x0000ffff;
    e ^= swap;
    a ^= swap << 16;
    swap = ((b >>> 16) ^ f) & 0x0000ffff;
    f ^= swap;
    b ^= swap << 16;
    swap = ((c >>> 16) ^ g) & 0x0000ffff;
    g ^= swap;
    c ^= swap << 16;
    swap = ((d >>> 16) ^ h) & 0x0000ffff;
    h ^= swap;
    d ^= swap << 16;
    swap = ((a >>> 8) ^ c) & 0x00ff00ff;
    c ^= swap;
    a ^= swap << 8;
    swap = ((b >>> 8) ^ d) & 0x00ff00ff;
    d ^= swap;
    b ^= swap << 8;
    swap = ((e >>> 8) ^ g) & 0x00ff00ff;
    g ^= swap;
    e ^= swap << 8;
    swap = ((f >>> 8) ^ h) & 0x00ff00ff;
    h ^= swap;
    f ^= swap << 8;
    swap = ((a >>> 4) ^ b) & 0x0f0f0f0f;
    b ^= swap;
    a ^= swap << 4;
    swap = ((c >>> 4) ^ d) & 0x0f0f0f0f;
    d ^= swap;
    c ^= swap << 4;
    swap = ((e >>> 4) ^ f) & 0x0f0f0f0f;
    f ^= swap;
    e ^= swap << 4;
    swap = ((g >>> 4) ^ h) & 0x0f0f0f0f;
    h ^= swap;
    g ^= swap << 4;
    words[k] = a;
    words[k + 4] = b;
    words[k + 8] = c;
    words[k + 12] = d;
    words[k + 16] = e;
    words[k + 20] = f;
    words[k + 24] = g;
    words[k + 28] = h;
  }
  // Pairs of bits, then bits, among words k to k + 3.
  for (let k = 0; k < BLOCK; k += 4) {
    let a = words[k]!;
    let b = words[k + 1]!;
    let c = words[k + 2]!;
    let d = words[k + 3]!;
    swap = ((a >>> 2) ^ c) & 0x33333333;
    c ^= swap;
    a ^= swap << 2;
    swap = ((b >>> 2) ^ d) & 0x33333333;
    d ^= swap;
    b ^= swap << 2;
    swap = ((a >>> 1) ^ b) & 0x55555555;
    b ^= swap;
    a ^= swap << 1;
    swap = ((c >>> 1) ^ d) & 0x55555555;
    d ^= swap;
    c ^= swap << 1;
    words[k] = a;
    words[k + 1] = b;
    words[k + 2] = c;
    words[k + 3] = d;
  }
}

/** A step of a program: slot `into` becomes the logic over slots `from`. */
export interface Step {
  readonly into: number;
  readonly logic: NormalGroup['logic'] | 'TRUE_ONLY';
  readonly k: number;
  readonly from: Int32Array;
}

const [AND, OR, NOT_ALL, NONE, AT_LEAST, TRUE_ONLY] = [0, 1, 2, 3, 4, 5];
const CODES: Readonly<Record<Step['logic'], number>> = { AND, OR, NOT_ALL, NONE, NOT: NONE, AT_LEAST, TRUE_ONLY };
/** Numbers ahead of a step's children: logic, slot, k, end of the children. */
const HEAD = 4;

/** Steps one behind the other as numbers, so that running them follows no pointers. */
export interface Program {
  /** For each step logic, offset of the slot's planes, k, index behind its last child; then the offsets of the children's planes. */
  readonly code: Int32Array;
  /** For AT_LEAST: users with at least j such children so far, surely and maybe. */
  readonly surely: Int32Array;
  readonly maybe: Int32Array;
}

export function makeProgram(steps: readonly Step[]): Program {
  const code = new Int32Array(steps.reduce((sum, step) => sum + HEAD + step.from.length, 0));
  let at = 0;
  let most = 0;
  for (const { into, logic, k, from } of steps) {
    const known = CODES[logic] as number | undefined;
    if (known === undefined) throw new TagmillError('INTERNAL', `no such logic: ${String(logic)}`);
    code.set([known, into * PLANE_WORDS, k, at + HEAD + from.length], at);
    for (let i = 0; i < from.length; i += 1) code[at + HEAD + i] = from[i]! * PLANE_WORDS;
    at += HEAD + from.length;
    most = Math.max(most, k);
  }
  const counters = (most + 1) * PLANE_WORDS;
  return { code, surely: new Int32Array(counters), maybe: new Int32Array(counters) };
}

/** Runs the steps over one block; `t` and `f` hold the planes of each slot. */
export function runProgram(program: Program, t: Int32Array, f: Int32Array): void {
  const { code } = program;
  for (let at = 0; at < code.length; ) {
    const into = code[at + 1]!;
    const first = at + HEAD;
    const end = code[at + 3]!;
    switch (code[at]) {
      case AND:
        fold(code, first, end, into, t, f, t, f);
        break;
      case OR:
        fold(code, first, end, into, f, t, f, t);
        break;
      case NOT_ALL:
        fold(code, first, end, into, t, f, f, t);
        break;
      case NONE:
        fold(code, first, end, into, f, t, t, f);
        break;
      case AT_LEAST:
        atLeast(program, first, end, into, code[at + 2]!, t, f);
        break;
      default:
        trueOnly(code[first]!, into, t, f);
    }
    at = end;
  }
}

/** All of `every` and any of `some` over the children, into two planes of the slot; four words at a time, in registers. */
function fold(
  code: Int32Array,
  first: number,
  end: number,
  into: number,
  every: Int32Array,
  some: Int32Array,
  everyInto: Int32Array,
  someInto: Int32Array,
): void {
  for (let word = 0; word < PLANE_WORDS; word += 4) {
    let [all0, all1, all2, all3] = [-1, -1, -1, -1];
    let [any0, any1, any2, any3] = [0, 0, 0, 0];
    for (let i = first; i < end; i += 1) {
      const child = code[i]! + word;
      all0 &= every[child]!;
      all1 &= every[child + 1]!;
      all2 &= every[child + 2]!;
      all3 &= every[child + 3]!;
      any0 |= some[child]!;
      any1 |= some[child + 1]!;
      any2 |= some[child + 2]!;
      any3 |= some[child + 3]!;
    }
    const to = into + word;
    everyInto[to] = all0;
    everyInto[to + 1] = all1;
    everyInto[to + 2] = all2;
    everyInto[to + 3] = all3;
    someInto[to] = any0;
    someInto[to + 1] = any1;
    someInto[to + 2] = any2;
    someInto[to + 3] = any3;
  }
}

/** T when at least k children are T; F when fewer than k can still be. */
function atLeast(
  { code, surely, maybe }: Program,
  first: number,
  end: number,
  into: number,
  k: number,
  t: Int32Array,
  f: Int32Array,
): void {
  surely.fill(0, 0, (k + 1) * PLANE_WORDS);
  maybe.fill(0, 0, (k + 1) * PLANE_WORDS);
  surely.fill(-1, 0, PLANE_WORDS);
  maybe.fill(-1, 0, PLANE_WORDS);
  for (let i = first; i < end; i += 1) {
    const child = code[i]!;
    for (let j = k * PLANE_WORDS; j > 0; j -= PLANE_WORDS) {
      for (let word = 0; word < PLANE_WORDS; word += 1) {
        surely[j + word]! |= surely[j - PLANE_WORDS + word]! & t[child + word]!;
        maybe[j + word]! |= maybe[j - PLANE_WORDS + word]! & ~f[child + word]!;
      }
    }
  }
  for (let word = 0; word < PLANE_WORDS; word += 1) {
    t[into + word] = surely[k * PLANE_WORDS + word]!;
    f[into + word] = ~maybe[k * PLANE_WORDS + word]!;
  }
}

/** UNKNOWN counts as FALSE: who is not known to qualify does not. */
function trueOnly(child: number, into: number, t: Int32Array, f: Int32Array): void {
  for (let word = 0; word < PLANE_WORDS; word += 1) {
    const only = t[child + word]!;
    t[into + word] = only;
    f[into + word] = ~only;
  }
}
