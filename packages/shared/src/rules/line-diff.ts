/** Two rules side by side, line by line: a condition is a line, so that what changed reads as a person would say it. */
import { isList, isObject, type Json, JsonProblem, jsonText, parseJson } from './json.ts';

export interface DiffLine {
  readonly op: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** JSON in lines; conditions stay on one. What is no JSON is one line. */
export function ruleLines(text: string): readonly string[] {
  try {
    return linesOf(parseJson(text, 'last'), '', '');
  } catch (error) {
    if (error instanceof JsonProblem) return [text];
    throw error;
  }
}

function linesOf(value: Json, indent: string, comma: string): readonly string[] {
  if (!isObject(value) || !value.has('conditions')) return [`${indent}${spaced(value)}${comma}`];
  const inner = `${indent}  `;
  const entries = [...value];
  const lines = entries.flatMap(([key, item], index) => {
    const end = index === entries.length - 1 ? '' : ',';
    if (key !== 'conditions' || !isList(item)) return [`${inner}${JSON.stringify(key)}: ${spaced(item)}${end}`];
    const items = item.flatMap((child, at) => linesOf(child, `${inner}  `, at === item.length - 1 ? '' : ','));
    return [`${inner}"conditions": [`, ...items, `${inner}]${end}`];
  });
  return [`${indent}{`, ...lines, `${indent}}${comma}`];
}

function spaced(value: Json): string {
  if (isObject(value)) return `{ ${[...value].map(([key, item]) => `${JSON.stringify(key)}: ${spaced(item)}`).join(', ')} }`;
  if (isList(value)) return `[${value.map(spaced).join(', ')}]`;
  return jsonText(value);
}

/** Lines compared with each other at most; beyond, all that differs is told as one block. */
const MOST_LINES = 1_500;

/** What turns `before` into `after`. */
export function diffRules(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [ruleLines(before), ruleLines(after)];
  const strip = (line: string | undefined): string | undefined => line?.replace(/,$/, '');
  let start = 0;
  while (start < a.length && start < b.length && strip(a[start]) === strip(b[start])) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && strip(a.at(-1 - end)) === strip(b.at(-1 - end))) end += 1;
  const same = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ op: 'same', text }));
  const middle = between(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return [...same(b.slice(0, start)), ...middle, ...same(b.slice(b.length - end))];
}

/** By the longest common run of lines. */
function between(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const removed = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ op: 'removed', text }));
  const added = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ op: 'added', text }));
  if (a.length === 0 || b.length === 0 || a.length > MOST_LINES || b.length > MOST_LINES) return [...removed(a), ...added(b)];
  const key = (line: string): string => line.replace(/,$/, '');
  const width = b.length + 1;
  const best = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const skip = Math.max(best[(i + 1) * width + j]!, best[i * width + j + 1]!);
      best[i * width + j] = key(a[i]!) === key(b[j]!) ? best[(i + 1) * width + j + 1]! + 1 : skip;
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (key(a[i]!) === key(b[j]!)) {
      lines.push({ op: 'same', text: b[j]! });
      [i, j] = [i + 1, j + 1];
    } else if (best[(i + 1) * width + j]! >= best[i * width + j + 1]!) lines.push(...removed([a[i++]!]));
    else lines.push(...added([b[j++]!]));
  }
  return [...lines, ...removed(a.slice(i)), ...added(b.slice(j))];
}
