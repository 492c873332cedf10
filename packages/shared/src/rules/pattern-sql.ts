/**
 * A pattern for DuckDB's RE2, which has older tables of Unicode and no
 * `(?<name>`: properties are written out as ranges, so that both engines mean
 * the same characters.
 */
import { patternTokens } from './pattern-tokens.ts';
import { propertyOf, propertyRanges } from './patterns.ts';

const hex = (point: number): string => `\\x{${point.toString(16)}}`;

const LAST = 0x10ffff;

/** Inside of brackets for a property, or for all other code points. */
function rangesText(name: string, negated: boolean): string {
  const ranges = propertyRanges(name);
  const others: [number, number][] = [];
  let next = 0;
  for (const [low, high] of ranges) {
    if (low > next) others.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= LAST) others.push([next, LAST]);
  return (negated ? others : ranges).map(([low, high]) => (low === high ? hex(low) : `${hex(low)}-${hex(high)}`)).join('');
}

/** The same pattern in what DuckDB's RE2 takes. */
export function patternSql(pattern: string): string {
  let [text, inBracket] = ['', false];
  for (const token of patternTokens(pattern)) {
    if (token.kind === 'bracket-start') inBracket = true;
    if (token.kind === 'bracket-end') inBracket = false;
    if (token.kind === 'property' && propertyOf(token.text).name !== 'Any') {
      const { name, negated } = propertyOf(token.text);
      const inside = rangesText(name, negated);
      text += inBracket ? inside : `[${inside}]`;
    } else if (token.kind === 'open' && token.text.startsWith('(?<')) {
      text += `(?P${token.text.slice(2)}`;
    } else {
      text += token.text;
    }
  }
  return text;
}
