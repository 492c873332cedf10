/**
 * Patterns in RE2's language. The parser and matcher is a port of RE2 that takes
 * linear time; what it accepts beyond RE2 (more names of properties) or beyond
 * RE2's bound on size is refused here, so that every engine can run a pattern.
 */
import { RE2JS } from 're2js';
import { patternTokens, writtenOutSize } from './pattern-tokens.ts';

/** Steps with all repeats written out: reading a pattern of this size takes some 50 ms. */
const MAX_STEPS = 20_000;
/** Instructions over bytes that RE2 has room for in the 8 MiB that it gives a pattern. */
const MAX_BYTE_STEPS = 349_525;

/** General categories, which RE2 knows beside the scripts. */
const CATEGORIES = new Set(
  'Any C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs'.split(' '),
);

function isScript(name: string): boolean {
  if (!/^[A-Z][A-Za-z_]+$/.test(name)) return false;
  try {
    return new RegExp(`\\p{Script=${name}}`, 'u') instanceof RegExp;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** `\p{^Greek}`, `\PL`: the name, and whether all others are meant. */
export function propertyOf(text: string): { readonly name: string; readonly negated: boolean } {
  const inner = text.slice(2).replace(/^\{|\}$/g, '');
  const turned = inner.startsWith('^');
  return { name: turned ? inner.slice(1) : inner, negated: text.startsWith('\\P') !== turned };
}

/** Last code points that one, two, three and four bytes of UTF-8 hold. */
const BYTE_ENDS = [0x7f, 0x7ff, 0xffff, 0x10ffff];

/** Sequences of byte ranges that a range of code points becomes, as [sequences, bytes in all]. */
function byteSequences(low: number, high: number): readonly [number, number] {
  const join = (a: readonly [number, number], b: readonly [number, number]): readonly [number, number] => [a[0] + b[0], a[1] + b[1]];
  for (const end of BYTE_ENDS) if (low <= end && high > end) return join(byteSequences(low, end), byteSequences(end + 1, high));
  const bytes = BYTE_ENDS.findIndex((end) => high <= end) + 1;
  for (let i = 1; i < bytes; i += 1) {
    const mask = 2 ** (6 * i) - 1;
    if (Math.floor(low / (mask + 1)) === Math.floor(high / (mask + 1))) continue;
    const start = low - (low & mask);
    if (low !== start) return join(byteSequences(low, start + mask), byteSequences(start + mask + 1, high));
    const rest = high - (high & mask);
    if ((high & mask) !== mask) return join(byteSequences(low, rest - 1), byteSequences(rest, high));
  }
  return [1, bytes];
}

/** Classes up to so many sequences share no prefixes and suffixes worth counting. */
const FEW_SEQUENCES = 8;

/** Instructions of RE2, over bytes, for the code points of one instruction over code points: rather too many than too few. */
function byteSteps(runes: readonly number[]): number {
  const pairs = runes.length === 1 ? [[runes[0]!, runes[0]!]] : runes.flatMap((low, at) => (at % 2 === 0 ? [[low, runes[at + 1]!]] : []));
  let [sequences, bytes] = [0, 0];
  for (const [low, high] of pairs) {
    const [more, length] = byteSequences(low!, high!);
    sequences += more;
    bytes += length;
  }
  const steps = sequences + bytes;
  return sequences <= FEW_SEQUENCES ? steps : Math.ceil(steps / 2);
}

interface Instruction {
  /** Code points that it takes, as pairs of first and last, or one alone; a number where it takes none of its own. */
  readonly runes: ArrayLike<number> | number;
}

const runesOf = ({ runes }: Instruction): readonly number[] => (typeof runes === 'number' ? [] : Array.from(runes));

/** The port's own program; its version is pinned, and a test sees that it is there. */
function instructionsOf(compiled: RE2JS): readonly Instruction[] {
  const inner = compiled as unknown as { readonly re2Input: { readonly prog: { readonly inst: readonly Instruction[] } } };
  return inner.re2Input.prog.inst;
}

function programBytes(compiled: RE2JS): number {
  const known = new Map<unknown, number>();
  let total = 0;
  for (const instruction of instructionsOf(compiled)) {
    // Repeats share their list.
    const seen = known.get(instruction.runes);
    if (seen !== undefined) {
      total += seen;
      continue;
    }
    const runes = runesOf(instruction);
    // What takes any code point takes six instructions over bytes.
    const steps = runes.length === 0 ? 6 : byteSteps(runes);
    known.set(instruction.runes, steps);
    total += steps;
  }
  return total;
}

const KEPT_PATTERNS = 1_000;
const problems = new Map<string, string | null>();

/** Why a pattern is refused, as a sentence for people; null when it is one of RE2's. A rule is checked while it is typed: what was said is kept. */
export function patternProblem(pattern: string): string | null {
  const known = problems.get(pattern);
  if (known !== undefined) return known;
  const problem = problemOf(pattern);
  if (problems.size >= KEPT_PATTERNS) problems.clear();
  problems.set(pattern, problem);
  return problem;
}

function problemOf(pattern: string): string | null {
  if (writtenOutSize(pattern) > MAX_STEPS) return 'the pattern is too large with its repeats written out';
  try {
    const compiled = RE2JS.compile(pattern);
    for (const token of patternTokens(pattern)) {
      if (token.kind !== 'property') continue;
      const { name } = propertyOf(token.text);
      if (!CATEGORIES.has(name) && !isScript(name)) return `no class of characters \`${token.text}\``;
    }
    return programBytes(compiled) > MAX_BYTE_STEPS ? 'the pattern is too large with its repeats written out' : null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return message.replace(/^error parsing regexp: /, '').slice(0, 200);
  }
}

const compiledPatterns = new Map<string, RE2JS>();

function compiledPattern(pattern: string): RE2JS {
  let compiled = compiledPatterns.get(pattern);
  if (compiled === undefined) {
    compiled = RE2JS.compile(pattern);
    if (compiledPatterns.size >= KEPT_PATTERNS) compiledPatterns.clear();
    compiledPatterns.set(pattern, compiled);
  }
  return compiled;
}

/** Whether the pattern of a checked leaf is found somewhere in a text. */
export const patternFound = (pattern: string, text: string): boolean => compiledPattern(pattern).matcher(text).find();

/** The code points of a property, or with `folded` those that equal one of them in another case too, as pairs of first and last. */
export function propertyRanges(name: string, folded: boolean): readonly (readonly [number, number])[] {
  const list = instructionsOf(RE2JS.compile(`${folded ? '(?i)' : ''}\\p{${name}}`))
    .map(runesOf)
    .find((runes) => runes.length > 0);
  if (list === undefined) throw new Error(`the property ${name} has no characters`);
  if (list.length === 1) return [[list[0]!, list[0]!]];
  return list.flatMap((low, at) => (at % 2 === 0 ? [[low, list[at + 1]!] as const] : []));
}
