/** Rules as rows and as files: choosing, comparing, reading. Pure. */
import { createHash } from 'node:crypto';
import { TagmillError } from '@tagmill/shared/errors';
import { splitJsonArray, splitJsonObject } from '@tagmill/shared/merge/json-object';
import type { RuleImport, StoredRule } from './metadata.ts';

export interface RuleRow {
  readonly ruleId: number;
  readonly tagId: number;
  readonly tagName: string;
  readonly category: string;
  readonly description: string | null;
  readonly ruleActive: boolean;
  readonly tagActive: boolean;
  readonly ruleJson: string;
}

/** One rule a tag: the newest active one, or the newest when none is active. */
export function chooseRules(rows: readonly RuleRow[]): StoredRule[] {
  const byTag = Map.groupBy(rows, (row) => row.tagId);
  const chosen: StoredRule[] = [];
  for (const ofTag of byTag.values()) {
    const newestFirst = [...ofTag].sort((a, b) => b.ruleId - a.ruleId);
    const rule = newestFirst.find((row) => row.ruleActive) ?? newestFirst[0]!;
    const { ruleId, tagId, tagName, category, description, ruleJson } = rule;
    const passedOver = newestFirst.filter((row) => row.ruleActive && row !== rule).map((row) => row.ruleId);
    chosen.push({ ruleId, tagId, tagName, category, description, ruleJson, isActive: rule.ruleActive && rule.tagActive, passedOver });
  }
  return chosen.sort((a, b) => a.tagId - b.tagId);
}

/** Whether two texts are one JSON value: MySQL 8 gives rules back with its own spacing and order of keys. */
export function sameJson(a: string, b: string): boolean {
  if (a === b) return true;
  try {
    return canonicalJson(a) === canonicalJson(b);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Of the rule in one form of spacing and order of keys: equal rules have equal hashes. 32 hex digits. */
export function ruleHash(ruleJson: string): string {
  return createHash('sha256').update(canonicalOrRaw(ruleJson)).digest('hex').slice(0, 32);
}

function canonicalOrRaw(text: string): string {
  try {
    return canonicalJson(text);
  } catch (error) {
    // Somebody wrote into the database what is no JSON.
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

function canonicalJson(text: string): string {
  const items = splitJsonArray(text);
  if (items !== undefined) return `[${items.map(canonicalJson).join(',')}]`;
  const entries = splitJsonObject(text);
  if (entries === undefined) {
    const value: unknown = JSON.parse(text);
    // Numbers as they are written: beyond 2^53 their values would be others.
    return typeof value === 'number' ? text.trim() : JSON.stringify(value);
  }
  const pairs = entries.map((entry) => `${JSON.stringify(entry.key)}:${canonicalJson(entry.value)}`);
  return `{${pairs.sort().join(',')}}`;
}

/**
 * A file of rules: `{"tags": [{"tag_id", "tag_name", "tag_category",
 * "description", "is_active", "rule_conditions"}]}`, or the list alone; other
 * keys are ignored, the text of rule_conditions is kept byte for byte. Throws
 * FILE_UNREADABLE naming the entry.
 */
export function parseRulesFile(text: string, name: string): RuleImport[] {
  const refuse = (what: string): TagmillError => new TagmillError('FILE_UNREADABLE', `${name}: ${what}`, { file: name });
  try {
    JSON.parse(text);
  } catch (error) {
    throw refuse(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const tags = splitJsonObject(text)?.findLast((entry) => entry.key === 'tags')?.value ?? text;
  const items = splitJsonArray(tags);
  if (items === undefined) throw refuse('holds no list of tags; write {"tags": [{"tag_id": 1, ...}]}');
  const seen = new Set<number>();
  return items.map((item, index) => {
    const rule = parseEntry(item, (what) => refuse(`tag ${index + 1} of the list: ${what}`));
    if (seen.has(rule.tagId)) throw refuse(`tag_id ${rule.tagId} is there twice`);
    seen.add(rule.tagId);
    return rule;
  });
}

function parseEntry(item: string, refuse: (what: string) => TagmillError): RuleImport {
  const entries = splitJsonObject(item);
  if (entries === undefined) throw refuse('is not an object');
  const raw = new Map(entries.map((entry) => [entry.key, entry.value]));
  const value = (key: string): unknown => (raw.has(key) ? (JSON.parse(raw.get(key)!) as unknown) : undefined);
  const text = (key: string, otherwise: string | null): string | null => {
    const found = value(key) ?? otherwise;
    if (found !== null && typeof found !== 'string') throw refuse(`${key} is not text`);
    return found;
  };
  const tagId = value('tag_id');
  if (typeof tagId !== 'number' || !Number.isSafeInteger(tagId) || tagId < 1) throw refuse('tag_id is not a positive integer');
  const isActive = value('is_active') ?? true;
  if (typeof isActive !== 'boolean' && isActive !== 0 && isActive !== 1) throw refuse('is_active is neither true nor false');
  const rule = raw.get('rule_conditions');
  return {
    tagId,
    tagName: text('tag_name', `tag ${tagId}`)!,
    category: text('tag_category', '')!,
    description: text('description', null),
    isActive: isActive === true || isActive === 1,
    ruleJson: rule === undefined || rule === 'null' ? null : rule,
  };
}

/** The file that parseRulesFile reads, a tag a line. */
export function formatRulesFile(rules: readonly RuleImport[]): string {
  const lines = rules.map((rule) => {
    const head = {
      tag_id: rule.tagId,
      tag_name: rule.tagName,
      tag_category: rule.category,
      description: rule.description,
      is_active: rule.isActive,
    };
    const conditions = rule.ruleJson === null ? '' : `,"rule_conditions":${rule.ruleJson}`;
    return `${JSON.stringify(head).slice(0, -1)}${conditions}}`;
  });
  return `{"tags":[\n${lines.join(',\n')}\n]}\n`;
}
