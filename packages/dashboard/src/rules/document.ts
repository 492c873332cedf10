/** The rule as a document: one text that tree and editor share. Numbers keep their digits. Pure. */
import { isList, isObject, type Json, JsonNumber, type JsonObject, JsonProblem, jsonText, parseJson } from '@tagmill/shared/rules/json';
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

/** The document with a node moved among its siblings; the same where there is no further place. */
export function moved(root: Json, path: string, by: 1 | -1): Json {
  const steps = stepsOf(path);
  const from = Number(steps.at(-1));
  let went = false;
  const next = change(root, steps.slice(0, -1), (list) => {
    const [one, other] = isList(list) ? [list[from], list[from + by]] : [];
    if (!isList(list) || one === undefined || other === undefined) return list;
    went = true;
    return list.map((item, at) => (at === from ? other : at === from + by ? one : item));
  });
  return went && next !== undefined ? next : root;
}

/** The document with a node inside a group of its own. */
export const wrapped = (root: Json, path: string): Json =>
  change(root, stepsOf(path), (node) =>
    node === undefined
      ? node
      : new Map<string, Json>([
          ['logic', 'AND'],
          ['conditions', [node]],
        ]),
  ) ?? root;

/** A condition with another operator: without a value where it takes none, with an empty one where it had none. */
export function withOperator(leaf: JsonObject, operator: string, takesValue: boolean): Json {
  const copy = new Map(leaf);
  copy.set('operator', operator);
  if (!takesValue) copy.delete('value');
  else if (!copy.has('value')) copy.set('value', '');
  return copy;
}

/** A condition on another field. Its own word for the type goes: the catalogue says it. */
export function withField(leaf: JsonObject, field: string): Json {
  const copy = new Map(leaf);
  copy.set('field', field);
  copy.delete('type');
  return copy;
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

export const newTagLeaf = (tag: number): Json =>
  new Map<string, Json>([
    ['operator', 'has_tag'],
    ['value', new JsonNumber(String(tag))],
  ]);

export const newGroup = (): Json =>
  new Map<string, Json>([
    ['logic', 'AND'],
    ['conditions', [newLeaf()]],
  ]);
