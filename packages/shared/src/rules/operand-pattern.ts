/** The operand of `matches`. */
import { type LiteralReader, readText } from './operand-scalars.ts';
import { patternProblem } from './patterns.ts';

const text = readText(true);

/** A pattern in RE2's language, not empty. */
export const readPattern: LiteralReader = (value, context, where) => {
  const literal = text(value, context, where);
  if (literal === null) return null;
  const problem = patternProblem(String(literal.text));
  if (problem === null) return literal;
  context.fail('PATTERN_INVALID', where, problem);
  return null;
};
