/**
 * Three-valued logic over 32 users at a time. A plane is a 32-bit word: bit i
 * belongs to the i-th user of the block. A value is two planes, TRUE and FALSE;
 * UNKNOWN is neither.
 */
import { TagmillError } from '@tagmill/shared/errors';
import type { NormalGroup } from '@tagmill/shared/rules/normal';

/** Users in a block. */
export const BLOCK = 32;

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

/** Runs the steps over one block; `t` and `f` hold a plane for each slot. */
export function runSteps(steps: readonly Step[], t: Int32Array, f: Int32Array): void {
  for (const step of steps) {
    switch (step.logic) {
      case 'AND':
        fold(step, t, f, t, f);
        break;
      case 'OR':
        fold(step, f, t, f, t);
        break;
      case 'NOT_ALL':
        fold(step, t, f, f, t);
        break;
      case 'NOT':
      case 'NONE':
        fold(step, f, t, t, f);
        break;
      case 'AT_LEAST':
        atLeast(step, t, f);
        break;
      case 'TRUE_ONLY': {
        // UNKNOWN counts as FALSE: who is not known to qualify does not.
        const only = t[step.from[0]!]!;
        t[step.into] = only;
        f[step.into] = ~only;
        break;
      }
      default:
        throw new TagmillError('INTERNAL', `no such logic: ${String(step.logic)}`);
    }
  }
}

/** All of `every` and any of `some` over the children, into two planes of the slot. */
function fold(step: Step, every: Int32Array, some: Int32Array, everyInto: Int32Array, someInto: Int32Array): void {
  let all = -1;
  let any = 0;
  const { from } = step;
  for (let i = 0; i < from.length; i += 1) {
    const child = from[i]!;
    all &= every[child]!;
    any |= some[child]!;
  }
  everyInto[step.into] = all;
  someInto[step.into] = any;
}

/** T when at least k children are T; F when fewer than k can still be. */
function atLeast(step: Step, t: Int32Array, f: Int32Array): void {
  const { k, from } = step;
  // reached[j]: users with at least j such children so far.
  const surely = new Int32Array(k + 1);
  const maybe = new Int32Array(k + 1);
  surely[0] = -1;
  maybe[0] = -1;
  for (const child of from) {
    const isTrue = t[child]!;
    const canBe = ~f[child]!;
    for (let j = k; j >= 1; j -= 1) {
      surely[j]! |= surely[j - 1]! & isTrue;
      maybe[j]! |= maybe[j - 1]! & canBe;
    }
  }
  t[step.into] = surely[k]!;
  f[step.into] = ~maybe[k]!;
}
