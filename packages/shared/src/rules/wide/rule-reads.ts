/**
 * What a rule asks for beside today's rows of users, read from its text before
 * there is any catalogue: partitions of event tables, data of earlier days, other
 * tags, uploaded lists. What cannot be read is left out: the check tells it later.
 */
import { LIMITS } from '../../limits.ts';
import { isList, isObject, type Json, JsonNumber, type JsonObject, JsonProblem, parseJson, utf8Bytes } from '../json.ts';
import type { EventWindow } from '../normal.ts';
import { findWideOperator } from './registry.ts';
import { PREVIOUS } from './since.ts';
import { parseWindow } from './windows.ts';

export interface RuleReads {
  /** Event tables with the windows that are asked of them; null: all rows. */
  readonly windows: readonly { readonly table: string; readonly window: EventWindow | null }[];
  /** Fields as rules name them, with the earlier data that they are seen against: `previous` or a day. */
  readonly earlier: readonly { readonly since: string; readonly field: string }[];
  /** Tags whose state is read, decimal digits. */
  readonly tags: readonly string[];
  /** Tags whose history is read, and of how many days. */
  readonly histories: readonly { readonly tag: string; readonly days: number }[];
  /** Names of uploaded lists. */
  readonly lists: readonly string[];
}

interface Found {
  readonly windows: Map<string, RuleReads['windows'][number]>;
  readonly earlier: Map<string, RuleReads['earlier'][number]>;
  readonly tags: Set<string>;
  readonly histories: Map<string, RuleReads['histories'][number]>;
  readonly lists: Set<string>;
}

/** What rules ask for, each once. `texts` are JSON of rules, of any content. */
export function readsOfRules(texts: readonly string[]): RuleReads {
  const found: Found = { windows: new Map(), earlier: new Map(), tags: new Set(), histories: new Map(), lists: new Set() };
  for (const text of texts) {
    const root = readRoot(text);
    if (root !== null) look(root, found);
  }
  return {
    windows: [...found.windows.values()],
    earlier: [...found.earlier.values()],
    tags: [...found.tags],
    histories: [...found.histories.values()],
    lists: [...found.lists],
  };
}

function readRoot(text: string): Json {
  if (text.length > LIMITS.ruleBytes || utf8Bytes(text) > LIMITS.ruleBytes) return null;
  try {
    return parseJson(text, 'last');
  } catch (error) {
    if (error instanceof JsonProblem) return null;
    throw error;
  }
}

function look(root: Json, found: Found): void {
  const open: Json[] = [root];
  for (let at = 0; at < open.length; at += 1) {
    const node = open[at];
    if (!isObject(node)) continue;
    const [conditions, filter] = [node.get('conditions'), node.get('filter')];
    if (isList(conditions)) open.push(...conditions);
    if (isObject(filter)) open.push(filter);
    lookAtLeaf(node, found);
  }
}

const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

/** The id of a tag as it may be written: 5, "5", 5.0. */
function tagOf(value: Json | undefined): string | null {
  const number = wholeOf(value);
  return number === null ? null : String(number);
}

function wholeOf(value: Json | undefined): number | null {
  const written = value instanceof JsonNumber ? value.text : text(value);
  const number = written === null ? Number.NaN : Number(written);
  return Number.isSafeInteger(number) && number > 0 ? number : null;
}

function lookAtLeaf(node: JsonObject, found: Found): void {
  const operator = text(node.get('operator'));
  if (operator === null) return;
  const value = node.get('value');
  if (operator === 'in_list' || operator === 'not_in_list') {
    if (typeof value === 'string') found.lists.add(value);
    return;
  }
  switch (findWideOperator(operator)?.group) {
    case 'aggregate': {
      const [table, window] = [text(node.get('table')), node.get('window')];
      const read = isObject(window) ? parseWindow(window) : null;
      if (table !== null) found.windows.set(JSON.stringify([table, read]), { table, window: read });
      return;
    }
    case 'change': {
      const field = text(node.get('field'));
      const since = text(operator === 'changed_since' ? value : node.get('since')) ?? PREVIOUS;
      if (field !== null) found.earlier.set(JSON.stringify([since, field]), { since, field });
      return;
    }
    case 'tag': {
      const tag = tagOf(value);
      if (tag === null) return;
      const days = wholeOf(node.get('days'));
      if (operator !== 'had_tag_within') found.tags.add(tag);
      else if (days !== null) found.histories.set(`${tag} ${days}`, { tag, days });
      return;
    }
    default:
  }
}
