/**
 * The top level of a JSON object as raw text. JSON.parse would corrupt what it
 * does not care about (integers beyond 2^53, repeated keys, 1.0 against 1), and
 * a merge must give back what it did not change byte for byte.
 */
export interface JsonEntry {
  readonly key: string;
  /** `"key": value` as it stood, without the white space around it. */
  readonly raw: string;
  /** The value's own text. */
  readonly value: string;
}

/** The entries in their order, or undefined when the text is not one JSON object. */
export function splitJsonObject(text: string): JsonEntry[] | undefined {
  if (!isJson(text)) return undefined;
  let at = skipSpace(text, 0);
  if (text[at] !== '{') return undefined;
  const entries: JsonEntry[] = [];
  at = skipSpace(text, at + 1);
  while (text[at] !== '}') {
    const keyEnd = endOfString(text, at);
    const valueFrom = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const valueEnd = endOfValue(text, valueFrom);
    const key: unknown = JSON.parse(text.slice(at, keyEnd));
    entries.push({ key: String(key), raw: text.slice(at, valueEnd), value: text.slice(valueFrom, valueEnd) });
    at = skipSpace(text, valueEnd);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return entries;
}

/** The raw texts of a JSON array's items, or undefined when the text is not one JSON array. */
export function splitJsonArray(text: string): string[] | undefined {
  if (!isJson(text)) return undefined;
  let at = skipSpace(text, 0);
  if (text[at] !== '[') return undefined;
  const items: string[] = [];
  at = skipSpace(text, at + 1);
  while (text[at] !== ']') {
    const end = endOfValue(text, at);
    items.push(text.slice(at, end));
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return items;
}

export const joinJsonObject = (raws: readonly string[]): string => `{${raws.join(',')}}`;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

// From here on the text is known to be JSON, so a position always holds what the grammar promises.
function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text[at]!)) at += 1;
  return at;
}

function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOfValue(text: string, from: number): number {
  const first = text[from]!;
  if (first === '"') return endOfString(text, from);
  if (first !== '{' && first !== '[') {
    let at = from;
    while (at < text.length && !',}] \t\n\r'.includes(text[at]!)) at += 1;
    return at;
  }
  let depth = 0;
  let at = from;
  do {
    const char = text[at]!;
    if (char === '"') {
      at = endOfString(text, at);
      continue;
    }
    if (char === '{' || char === '[') depth += 1;
    if (char === '}' || char === ']') depth -= 1;
    at += 1;
  } while (depth > 0);
  return at;
}
