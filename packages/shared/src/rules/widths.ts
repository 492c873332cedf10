/** Digits that exact working needs (operators.md 4, exact arithmetic): beyond 38 a rule is refused. */
import type { ScalarType } from '../fields.ts';
import type { Decimal } from './decimals.ts';

/** Most digits of an exact value, before and after the point together. */
export const EXACT_DIGITS = 38;

/** Digits before and after the point. */
export interface Width {
  readonly whole: number;
  readonly fraction: number;
}

export const NO_WIDTH: Width = { whole: 0, fraction: 0 };

/** Of a field; null for doubles, which are not exact. */
export function widthOfType(type: ScalarType): Width | null {
  if (type.kind === 'int64') return { whole: 19, fraction: 0 };
  return type.kind === 'decimal' ? { whole: type.precision - type.scale, fraction: type.scale } : null;
}

/** Of a literal: without leading zeros and without zeros at the end of the fraction. */
export function widthOfDecimal(value: Decimal): Width {
  const digits = (value.unscaled < 0n ? -value.unscaled : value.unscaled).toString();
  const whole = value.unscaled === 0n ? 0 : Math.max(0, digits.length - value.scale);
  return { whole, fraction: value.scale };
}

/** The sentence of ARITH_WIDTH, or null where the digits suffice. */
export function widthProblem(whole: number, fraction: number): string | null {
  if (whole + fraction <= EXACT_DIGITS) return null;
  return `exact working needs ${whole + fraction} digits, ${whole} before and ${fraction} after the point; ${EXACT_DIGITS} are there`;
}
