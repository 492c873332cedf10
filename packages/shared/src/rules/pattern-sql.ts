/**
 * A pattern for DuckDB's RE2, which has older tables of Unicode and no
 * `(?<name>`: properties are written out as ranges, so that both engines mean
 * the same characters.
 */
import { patternTokens } from './pattern-tokens.ts';
import { propertyOf, propertyRanges } from './patterns.ts';

const hex = (point: number): string => `\\x{${point.toString(16)}}`;

const LAST = 0x10ffff;

type Range = readonly [number, number];

function complement(ranges: readonly Range[]): readonly Range[] {
  const others: Range[] = [];
  let next = 0;
  for (const [low, high] of ranges) {
    if (low > next) others.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= LAST) others.push([next, LAST]);
  return others;
}

const rangesText = (ranges: readonly Range[]): string =>
  ranges.map(([low, high]) => (low === high ? hex(low) : `${hex(low)}-${hex(high)}`)).join('');

/** A property as ranges. Where case does not count, RE2 takes all cases of a property first and turns it round then. */
function propertySql(text: string, inBracket: boolean, folded: boolean): string {
  const { name, negated } = propertyOf(text);
  // It has no ranges of its own, and both engines know it.
  if (name === 'Any') return text;
  if (!inBracket) return `[${negated ? '^' : ''}${rangesText(propertyRanges(name, false))}]`;
  const ranges = propertyRanges(name, folded && negated);
  return rangesText(negated ? complement(ranges) : ranges);
}

/** The state of the flag `i` behind the start of a group, or behind flags on their own. */
function foldedBehind(text: string, before: boolean): boolean {
  const flags = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]*))?[:)]$/.exec(text);
  if (flags === null) return before;
  if (flags[2]?.includes('i') === true) return false;
  return before || flags[1]?.includes('i') === true;
}

/** The same pattern in what DuckDB's RE2 takes. */
export function patternSql(pattern: string): string {
  const outer: boolean[] = [];
  let [text, inBracket, folded] = ['', false, false];
  for (const token of patternTokens(pattern)) {
    if (token.kind === 'bracket-start') inBracket = true;
    if (token.kind === 'bracket-end') inBracket = false;
    if (token.kind === 'open') outer.push(folded);
    if (token.kind === 'open' || token.kind === 'atom') folded = foldedBehind(token.text, folded);
    if (token.kind === 'close') folded = outer.pop() ?? false;
    if (token.kind === 'property') text += propertySql(token.text, inBracket, folded);
    else if (token.kind === 'open' && token.text.startsWith('(?<')) text += `(?P${token.text.slice(2)}`;
    else text += token.text;
  }
  return text;
}
