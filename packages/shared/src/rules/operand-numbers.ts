/** Numbers that meet a computed value, not a field: at most 18 digits before and 10 after the point. */
import { formatDecimal } from './decimals.ts';
import { compared, type Operand } from './operand.ts';
import { type LiteralReader, numberLiteral, readDecimal } from './operand-scalars.ts';
import { widthOfDecimal } from './widths.ts';

const WHOLE_DIGITS = 18;
const FRACTION_DIGITS = 10;

/** A number of at most 18 digits before and 10 after the point. */
export const readShortNumber: LiteralReader = (value, context, where) => {
  const decimal = readDecimal(value, context, where);
  if (decimal === null) return null;
  const { whole, fraction } = widthOfDecimal(decimal);
  if (fraction > FRACTION_DIGITS) {
    context.fail('OPERAND_SCALE', where, `at most ${FRACTION_DIGITS} digits after the point are allowed, got ${fraction}`);
    return null;
  }
  if (whole > WHOLE_DIGITS) {
    context.fail('OPERAND_RANGE', where, `at most ${WHOLE_DIGITS} digits before the point are allowed, got ${whole}`);
    return null;
  }
  return numberLiteral(decimal, formatDecimal(decimal));
};

/** One number or a range of numbers, as `compare` says. */
export const comparedNumbers = (takes: string): Operand => compared(takes, readShortNumber);
