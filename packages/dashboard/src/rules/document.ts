/** The rule as a document: one text that tree and editor share. Numbers keep their digits. Pure. */
import { isList, isObject, type Json, JsonProblem, jsonText, parseJson } from '@tagmill/shared/rules/json';
import { ruleLines } from '@tagmill/shared/rules/line-diff';

/** Null: the text is no JSON. */
export function readDocument(text: string): Json | null {
  try {
    return parseJson(text, 'last');
  } catch (error) {
    if (error instanceof JsonProblem) return null;
    throw error;
  }
}

export const writeDocument = (root: Json): string => ruleLines(jsonText(root)).join('\n');

export const formatted = (text: string): string => ruleLines(text).join('\n');

const stepsOf = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

/** The document with another value at a JSON Pointer; undefined removes it. */
export function withValue(root: Json, path: string, value: Json | undefined): Json {
  return change(root, stepsOf(path), () => value) ?? root;
}

/** The document with one node more at the end of a group. */
export function withChild(root: Json, groupPath: string, child: Json): Json {
  const add = (list: Json | undefined): Json => [...(isList(list) ? list : []), child];
  return change(root, [...stepsOf(groupPath), 'conditions'], add) ?? root;
}

function change(at: Json | undefined, steps: readonly string[], to: (before: Json | undefined) => Json | undefined): Json | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return to(at);
  if (isObject(at)) {
    const copy = new Map(at);
    const value = change(at.get(step), rest, to);
    if (value === undefined) copy.delete(step);
    else copy.set(step, value);
    return copy;
  }
  if (!isList(at)) return at;
  const index = Number(step);
  const value = change(at[index], rest, to);
  return value === undefined ? at.filter((_, one) => one !== index) : at.map((item, one) => (one === index ? value : item));
}

/** What a person typed as a value: JSON where it is some, else a text. */
export function typedValue(text: string): Json {
  const value = readDocument(text);
  return value === null && text.trim() !== 'null' ? text : value;
}

export const shownText = (value: Json | undefined): string =>
  value === undefined ? '' : typeof value === 'string' ? value : jsonText(value);

export const newLeaf = (): Json =>
  new Map<string, Json>([
    ['field', ''],
    ['operator', '='],
    ['value', ''],
  ]);

export const newGroup = (): Json =>
  new Map<string, Json>([
    ['logic', 'AND'],
    ['conditions', [newLeaf()]],
  ]);
