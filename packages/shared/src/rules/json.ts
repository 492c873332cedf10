/**
 * A JSON reader that loses nothing: numbers keep their text (JSON.parse makes
 * 9007199254740993 another number), objects are maps (a key `__proto__` is a
 * key like others), a key that comes twice is an error, and nesting is bounded
 * before the reader goes down, because rules are hostile input.
 */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject;
export type JsonObject = ReadonlyMap<string, Json>;

/** Levels of lists and objects: far above what a rule needs, far below what a stack holds. */
const JSON_DEPTH = 1_000;

export class JsonProblem extends Error {
  readonly kind: 'syntax' | 'depth';
  constructor(kind: 'syntax' | 'depth', message: string) {
    super(message);
    this.kind = kind;
  }
}

export const isObject = (value: Json | undefined): value is JsonObject => value instanceof Map;
export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const SPACE = /[ \t\n\r]*/y;

/**
 * Reads one JSON document.
 *
 * @param duplicates what to do with a key that comes twice in one object
 * @throws JsonProblem
 */
export function parseJson(text: string, duplicates: 'refuse' | 'last' = 'refuse'): Json {
  let at = 0;
  const fail = (what: string): never => {
    throw new JsonProblem('syntax', `${what} at character ${at + 1}`);
  };
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return null;
    at = pattern.lastIndex;
    return match[0];
  };
  const space = (): void => {
    take(SPACE);
  };
  const readString = (): string => {
    const raw = take(STRING) ?? fail('a text is not closed or has a wrong escape');
    return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
  };
  const word = (name: string, value: Json): Json => {
    if (!text.startsWith(name, at)) fail('unexpected text');
    at += name.length;
    return value;
  };
  const readItems = (close: string, item: () => void): void => {
    at += 1;
    space();
    if (text[at] === close) {
      at += 1;
      return;
    }
    for (;;) {
      item();
      space();
      if (text[at] === close) break;
      if (text[at] !== ',') fail(`expected , or ${close}`);
      at += 1;
      space();
    }
    at += 1;
  };
  const readObject = (depth: number): JsonObject => {
    const object = new Map<string, Json>();
    readItems('}', () => {
      if (text[at] !== '"') fail('expected a key');
      const key = readString();
      if (duplicates === 'refuse' && object.has(key)) fail(`the key ${JSON.stringify(key)} comes twice`);
      space();
      if (text[at] !== ':') fail('expected :');
      at += 1;
      object.set(key, readValue(depth + 1));
    });
    return object;
  };
  const readList = (depth: number): Json[] => {
    const list: Json[] = [];
    readItems(']', () => list.push(readValue(depth + 1)));
    return list;
  };
  const readValue = (depth: number): Json => {
    if (depth > JSON_DEPTH) throw new JsonProblem('depth', `lists and objects are nested more than ${JSON_DEPTH} deep`);
    space();
    const next = text[at];
    if (next === '{') return readObject(depth);
    if (next === '[') return readList(depth);
    if (next === '"') return readString();
    if (next === 't') return word('true', true);
    if (next === 'f') return word('false', false);
    if (next === 'n') return word('null', null);
    return new JsonNumber(take(NUMBER) ?? fail(next === undefined ? 'the text ends too early' : 'unexpected character'));
  };
  const value = readValue(0);
  space();
  if (at < text.length) fail('more text after the value');
  return value;
}

/**
 * A JavaScript value, as JSON.parse would give it, in the same form. Its numbers
 * are taken as the shortest text that gives them.
 *
 * @throws JsonProblem
 */
export function fromValue(value: unknown, depth = 0): Json {
  if (depth > JSON_DEPTH) throw new JsonProblem('depth', `lists and objects are nested more than ${JSON_DEPTH} deep`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return new JsonNumber(Object.is(value, -0) ? '0' : String(value));
  if (typeof value === 'bigint') return new JsonNumber(String(value));
  if (Array.isArray(value)) return value.map((item: unknown) => fromValue(item, depth + 1));
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter((entry) => entry[1] !== undefined);
    return new Map(entries.map(([key, item]) => [key, fromValue(item, depth + 1)]));
  }
  throw new JsonProblem('syntax', `a ${typeof value === 'number' ? String(value) : typeof value} is not JSON`);
}

/** JSON text of a value; numbers as they were written. */
export function jsonText(value: Json): string {
  if (value instanceof JsonNumber) return value.text;
  if (isList(value)) return `[${value.map(jsonText).join(',')}]`;
  if (isObject(value)) return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${jsonText(item)}`).join(',')}}`;
  return JSON.stringify(value);
}

const encoder = new TextEncoder();
/** Length of a text in bytes of UTF-8. */
export const utf8Bytes = (text: string): number => encoder.encode(text).length;

/** Length of the JSON text of a value, in bytes. */
export function jsonBytes(value: Json): number {
  if (value instanceof JsonNumber) return value.text.length;
  if (typeof value === 'string') return utf8Bytes(JSON.stringify(value));
  if (value === null || typeof value === 'boolean') return String(value).length;
  if (isList(value)) return value.reduce<number>((sum, item) => sum + jsonBytes(item) + 1, 1 + (value.length === 0 ? 1 : 0));
  let bytes = 1 + (isObject(value) && value.size === 0 ? 1 : 0);
  if (isObject(value)) for (const [key, item] of value) bytes += utf8Bytes(JSON.stringify(key)) + jsonBytes(item) + 2;
  return bytes;
}
