/**
 * Hostile rules from a seed: rules of the corpus with something broken in them,
 * random JSON, deep nests, prototype keys, huge numbers, lone surrogates, and
 * texts that attack SQL and regular expressions.
 */
import type { Prng } from '@tagmill/shared/prng';

/** Texts that have harmed other systems. */
export const ATTACKS: readonly string[] = [
  "' OR 1=1 --",
  '"; DROP TABLE user_tags; --',
  "'); COPY (SELECT 1) TO '/tmp/x'; --",
  "read_csv('/etc/passwd')",
  '\\',
  "\\'",
  '\u0000',
  '\ud800',
  'a\udfffb',
  '\ufeff',
  '%',
  '_',
  '{{7*7}}',
  '$(reboot)',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '(a+)+$',
  '(a|aa)+$',
  '(x+x+)+y',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '(?=a)',
  '(?<!a)b',
  '(a)\\1',
  '[',
  '(?P<n',
  'a{1001}',
  '(a{1000}){1000}',
  '\\p{Greek}+',
  '🦊'.repeat(300),
  'a'.repeat(1025),
  'NaN',
  'Infinity',
  '-0',
  '1e308',
  '9'.repeat(400),
  '0x10',
  '１２',
  '2026-02-30',
  '0000-01-01',
  '9999-12-31T23:59:59.9999999Z',
  '',
  ' ',
];
/** JSON texts of numbers that readers get wrong. */
const NUMBERS: readonly string[] = [
  '1e999',
  '-1e999',
  '9007199254740993',
  '0.1',
  '1E-400',
  '-0',
  '5.0',
  '1e2',
  '123456789012345678901234567890',
  '0.1234567890123456789',
];
const KEYS: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'value',
  'field',
  'operator',
  'logic',
  'conditions',
  'k',
  'missing',
  'type',
  'note',
  'filter',
  'window',
  'compare',
  'other',
  'toString',
  '',
  'case',
  'salt',
];

/** A rule's text. `valid`: texts of rules that somebody may have meant. */
export function hostileRule(prng: Prng, valid: readonly string[]): string {
  const kind = prng.between(0, 99);
  if (kind < 60) return mutated(prng, prng.pick(valid));
  if (kind < 75) return jsonOf(prng, 6);
  if (kind < 85) return attacked(prng, prng.pick(valid));
  if (kind < 90) return nested(prng, prng.pick(valid));
  if (kind < 97) return cutText(prng, prng.pick(valid));
  return prng.pick(ATTACKS);
}

type Node = null | boolean | number | string | Raw | Node[] | Map<string, Node>;
class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** JSON as nodes that keep keys like `__proto__`, and the texts of numbers. */
function read(text: string): Node {
  return toNode(JSON.parse(text) as unknown);
}

function toNode(value: unknown): Node {
  if (Array.isArray(value)) return value.map(toNode);
  if (typeof value === 'object' && value !== null) return new Map(Object.entries(value).map(([key, item]) => [key, toNode(item)]));
  return value as null | boolean | number | string;
}

function write(node: Node): string {
  if (node instanceof Raw) return node.text;
  if (Array.isArray(node)) return `[${node.map(write).join(',')}]`;
  if (node instanceof Map) return `{${[...node].map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`).join(',')}}`;
  return JSON.stringify(node);
}

function mutated(prng: Prng, text: string): string {
  const root = read(text);
  const places = placesIn(root);
  for (let i = prng.between(1, 3); i > 0; i -= 1) {
    const { holder, key } = places.length === 0 ? { holder: undefined, key: '' } : prng.pick(places);
    if (holder instanceof Map) changeMap(prng, holder, String(key));
    else if (Array.isArray(holder)) changeList(prng, holder, Number(key));
  }
  return write(root);
}

interface Place {
  readonly holder: Node[] | Map<string, Node>;
  readonly key: string | number;
}

function placesIn(node: Node): Place[] {
  if (Array.isArray(node)) return node.slice(0, 50).flatMap((item, key) => [{ holder: node, key }, ...placesIn(item)]);
  if (node instanceof Map) return [...node].flatMap(([key, item]) => [{ holder: node, key }, ...placesIn(item)]);
  return [];
}

function changeMap(prng: Prng, map: Map<string, Node>, key: string): void {
  const what = prng.between(0, 5);
  if (what === 0) map.delete(key);
  else if (what === 1) map.set(prng.pick(KEYS), some(prng));
  else if (what === 2) {
    const item = map.get(key) ?? null;
    map.delete(key);
    map.set(prng.pick(KEYS), item);
  } else if (what === 3 && typeof map.get(key) === 'string') map.set(key, misspelt(prng, String(map.get(key))));
  else map.set(key, some(prng));
}

function changeList(prng: Prng, list: Node[], at: number): void {
  const what = prng.between(0, 3);
  if (what === 0) list.splice(at, 1);
  else if (what === 1) list.push(some(prng), list[at] ?? null);
  else list[at] = some(prng);
}

function misspelt(prng: Prng, text: string): string {
  const at = prng.between(0, Math.max(0, text.length - 1));
  return prng.pick([text.slice(0, at) + text.slice(at + 1), text.toUpperCase(), `${text} `, `${text}s`, text + prng.pick(ATTACKS)]);
}

function attacked(prng: Prng, text: string): string {
  const root = read(text);
  const places = placesIn(root).filter(({ holder, key }) => {
    const item = holder instanceof Map ? holder.get(String(key)) : holder[Number(key)];
    return typeof item === 'string' || typeof item === 'number';
  });
  for (const { holder, key } of places) {
    if (!prng.chance(0.4)) continue;
    const attack = prng.pick(ATTACKS);
    if (holder instanceof Map) holder.set(String(key), attack);
    else holder[Number(key)] = attack;
  }
  return write(root);
}

/** Deeper than allowed by a little or by a lot. */
function nested(prng: Prng, text: string): string {
  const depth = prng.pick([11, 12, 13, 100, 5_000]);
  const logic = prng.pick(['AND', 'OR', 'NOT', 'NONE']);
  return `{"logic":"${logic}","conditions":[`.repeat(depth) + text + ']}'.repeat(depth);
}

function cutText(prng: Prng, text: string): string {
  const at = prng.between(0, text.length);
  return prng.pick([text.slice(0, at), text.slice(at), text.slice(0, at) + prng.pick(ATTACKS) + text.slice(at), `${text}${text}`]);
}

function some(prng: Prng): Node {
  const kind = prng.between(0, 9);
  if (kind === 0) return null;
  if (kind === 1) return prng.chance(0.5);
  if (kind === 2) return new Raw(prng.pick(NUMBERS));
  if (kind === 3) return prng.between(-5, 40_000);
  if (kind === 4) return [];
  if (kind === 5) return Array.from({ length: prng.pick([1, 2, 3, 10_001]) }, () => prng.between(0, 9));
  if (kind === 6) return new Map([[prng.pick(KEYS), prng.pick(ATTACKS)]]);
  return prng.pick(ATTACKS);
}

function jsonOf(prng: Prng, depth: number): string {
  if (depth === 0 || prng.chance(0.3)) return write(some(prng));
  const items = Array.from({ length: prng.between(0, 4) }, () => jsonOf(prng, depth - 1));
  if (prng.chance(0.4)) return `[${items.join(',')}]`;
  return `{${items.map((item) => `${JSON.stringify(prng.pick(KEYS))}:${item}`).join(',')}}`;
}
