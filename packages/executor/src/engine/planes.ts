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
 * word j. Rows become planes and planes become rows. (Hacker's Delight 7-3.)
 */
export function transpose32(words: Int32Array): void {
  let mask = 0x0000ffff;
  for (let width = 16; width !== 0; width >>>= 1, mask ^= mask << width) {
    for (let k = 0; k < BLOCK; k = (k + width + 1) & ~width) {
      const swap = ((words[k]! >>> width) ^ words[k + width]!) & mask;
      words[k + width]! ^= swap;
      words[k]! ^= swap << width;
    }
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
