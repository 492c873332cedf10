/**
 * A pattern cut into pieces, without judging it: what the parser of RE2 accepts
 * is decided elsewhere. The pieces say how large the pattern becomes, and where
 * it names properties of Unicode.
 */
export interface PatternToken {
  readonly kind: 'open' | 'close' | 'or' | 'atom' | 'property' | 'bracket-start' | 'bracket-end' | 'in-bracket' | 'repeat';
  readonly text: string;
  /** How often a `repeat` writes out what stands before it. */
  readonly times?: number;
}

const REPEAT = /^\{(\d{1,9})(?:(,)(\d{0,9}))?\}/;
const PROPERTY = /^\\[pP](?:\{[^}]*\}|[\s\S])/u;
const ESCAPE = /^\\(?:x\{[^}]*\}|x[\s\S]{2}|[\s\S])/u;
const GROUP = /^\((?:\?(?:P?<[^>)]*>|[^:)<]*[:)]?))?/;
const CLASS_NAME = /^\[:[^\]]*:\]/;

function repeatOf(rest: string): PatternToken | null {
  const counted = REPEAT.exec(rest);
  if (counted !== null) {
    const [text, low = '0', comma, high = ''] = counted;
    const times = Math.max(1, Number(low), comma === undefined ? 0 : Number(high));
    return { kind: 'repeat', text, times };
  }
  const first = rest[0] ?? '';
  return '*+?'.includes(first) ? { kind: 'repeat', text: first, times: 1 } : null;
}

const pointAt = (rest: string): string => String.fromCodePoint(rest.codePointAt(0)!);

function quoted(rest: string): string | null {
  if (!rest.startsWith('\\Q')) return null;
  const end = rest.indexOf('\\E', 2);
  return rest.slice(0, end < 0 ? rest.length : end + 2);
}

function* bracketTokens(pattern: string, start: number): Generator<PatternToken, number> {
  let at = start + (pattern.startsWith('[^', start) ? 2 : 1);
  yield { kind: 'bracket-start', text: pattern.slice(start, at) };
  for (let first = true; at < pattern.length; first = false) {
    const rest = pattern.slice(at);
    if (rest.startsWith(']') && !first) {
      yield { kind: 'bracket-end', text: ']' };
      return at + 1;
    }
    const property = PROPERTY.exec(rest)?.[0];
    const text = property ?? CLASS_NAME.exec(rest)?.[0] ?? ESCAPE.exec(rest)?.[0] ?? pointAt(rest);
    yield { kind: property === undefined ? 'in-bracket' : 'property', text };
    at += text.length;
  }
  return at;
}

function tokenAt(rest: string): PatternToken {
  const repeat = repeatOf(rest);
  if (repeat !== null) return repeat;
  if (rest.startsWith('(')) {
    const text = GROUP.exec(rest)?.[0] ?? '(';
    // `(?i)` sets flags and is closed at once.
    return text.startsWith('(?') && text.endsWith(')') ? { kind: 'atom', text } : { kind: 'open', text };
  }
  if (rest.startsWith(')')) return { kind: 'close', text: ')' };
  if (rest.startsWith('|')) return { kind: 'or', text: '|' };
  const property = PROPERTY.exec(rest)?.[0];
  if (property !== undefined) return { kind: 'property', text: property };
  return { kind: 'atom', text: ESCAPE.exec(rest)?.[0] ?? pointAt(rest) };
}

/** The pieces of a pattern in order; their texts together are the pattern. */
export function* patternTokens(pattern: string): Generator<PatternToken> {
  for (let at = 0; at < pattern.length; ) {
    if (pattern[at] === '[') {
      at = yield* bracketTokens(pattern, at);
      continue;
    }
    const rest = pattern.slice(at);
    const literal = quoted(rest);
    const token: PatternToken = literal === null ? tokenAt(rest) : { kind: 'atom', text: literal };
    yield token;
    at += token.text.length;
  }
}

/** About how many steps a pattern has with its repeats written out; never far below what it really has. */
export function writtenOutSize(pattern: string): number {
  const groups: number[] = [];
  let [sum, last] = [0, 0];
  const atom = (size: number): void => {
    sum += last;
    last = size;
  };
  for (const token of patternTokens(pattern)) {
    if (token.kind === 'open') {
      groups.push(sum + last);
      [sum, last] = [0, 0];
    } else if (token.kind === 'close') {
      last = sum + last + 2;
      sum = groups.pop() ?? 0;
    } else if (token.kind === 'repeat') {
      last = last * (token.times ?? 1) + 1;
    } else if (token.kind !== 'in-bracket' && token.kind !== 'bracket-end') {
      atom(token.text.startsWith('\\Q') ? token.text.length : 1);
    }
  }
  return groups.reduce((total, size) => total + size, sum + last);
}
