/**
 * The check of a rule (operators.md 6), made when it is saved and again when it
 * is loaded: every fault with its code, path and what to do, or the normal form.
 */
import type { FieldCatalog } from '../fields.ts';
import { LIMITS } from '../limits.ts';
import { indexCatalog } from './catalog-index.ts';
import { checkNode } from './check-group.ts';
import type { CheckContext } from './check-context.ts';
import type { RuleCode, RuleError, RuleWarning } from './codes.ts';
import { fromValue, isList, isObject, type Json, jsonBytes, type JsonObject, JsonProblem, parseJson, utf8Bytes } from './json.ts';
import { spreadKeyLeaves } from './key-leaves.ts';
import type { NormalRule, WholeRule } from './normal.ts';
import { rowRule } from './reads.ts';

export type { RuleCode, RuleError, RuleWarning } from './codes.ts';

export interface CheckResult {
  /** All faults: those of the whole rule first, then node by node in document order. */
  readonly errors: readonly RuleError[];
  readonly warnings: readonly RuleWarning[];
  /** What fails the tag when it runs, though the rule may be saved: an uploaded list that is empty now. */
  readonly runErrors?: readonly RuleError[];
  /** The normal form; null when there is any fault, or no catalogue. */
  readonly rule: NormalRule | null;
}

const count = (value: number): string => value.toLocaleString('en-US');

const refused = (errors: readonly RuleError[]): CheckResult & WholeCheckResult => ({ errors, warnings: [], rule: null });

/**
 * Checks a rule.
 *
 * @param input its JSON text, read without loss; or a value that JSON.parse gave, whose numbers may have changed already
 * @param catalog fields of all tables; without it only the checks that need none are made
 */
export function checkRule(input: string | unknown, catalog: FieldCatalog | null): CheckResult {
  const { rule, ...result } = check(input, catalog, { running: true });
  return { ...result, rule: rule === null ? null : rowRule(rule) };
}

export interface WholeCheckResult extends Omit<CheckResult, 'rule'> {
  readonly rule: WholeRule | null;
}

/**
 * Checks a rule of the whole language, also with operators that read more than
 * the user's row, which runs do not evaluate yet.
 *
 * @param tag id of the tag that is being saved, decimal digits: it must not read itself
 */
export const checkWholeRule = (input: string | unknown, catalog: FieldCatalog | null, tag?: string): WholeCheckResult =>
  check(input, catalog, tag === undefined ? { running: false } : { running: false, tag });

function check(
  input: string | unknown,
  catalog: FieldCatalog | null,
  options: { readonly running: boolean; readonly tag?: string },
): WholeCheckResult {
  const read = readRule(input);
  if (!('root' in read)) return refused(read);
  const errors = wholeRuleErrors(read.root);
  if (errors.length > 0) return refused(errors);
  const context: CheckContext = {
    catalog: catalog === null ? null : indexCatalog(catalog),
    errors: [],
    warnings: [],
    runErrors: [],
    inFilter: false,
    checkNode,
    ...options,
    keyLeaves: new Set(),
  };
  const rule = checkNode(read.root, '', context);
  const { errors: found, warnings, runErrors, keyLeaves } = context;
  if (found.length > 0 || rule === null || catalog === null) return { errors: found, warnings, rule: null };
  const spread = spreadKeyLeaves(rule, keyLeaves, catalog);
  return { errors: found, warnings, rule: spread, ...(runErrors.length === 0 ? {} : { runErrors }) };
}

const whole = (code: RuleCode, message: string): RuleError => ({ code, path: '', message });

function tooLarge(bytes: number): RuleError[] {
  if (bytes <= LIMITS.ruleBytes) return [];
  return [whole('RULE_TOO_LARGE', `the rule has ${count(bytes)} bytes; ${count(LIMITS.ruleBytes)} are allowed`)];
}

function readRule(input: unknown): { readonly root: JsonObject } | RuleError[] {
  try {
    const text = typeof input === 'string';
    // UTF-8 has at least one byte for each UTF-16 unit: what is far too long is not even measured.
    const early = text ? tooLarge(input.length > LIMITS.ruleBytes ? input.length : utf8Bytes(input)) : [];
    if (early.length > 0) return early;
    const root = text ? parseJson(input) : fromValue(input);
    const late = text ? [] : tooLarge(jsonBytes(root));
    if (late.length > 0) return late;
    return isObject(root) ? { root } : [whole('RULE_JSON', 'the rule is not a JSON object')];
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    if (error.kind === 'depth') return [whole('RULE_TOO_DEEP', error.message)];
    return [whole('RULE_JSON', `the rule is not JSON: ${error.message}`)];
  }
}

/** Depth and number of nodes, counted before any is looked at, without recursion. */
function wholeRuleErrors(root: JsonObject): RuleError[] {
  let [depth, nodes] = [0, 0];
  let level: readonly Json[] = [root];
  while (level.length > 0) {
    depth += 1;
    nodes += level.length;
    level = level.flatMap(childrenOf);
  }
  const errors: RuleError[] = [];
  if (depth > LIMITS.ruleDepth) {
    errors.push(whole('RULE_TOO_DEEP', `groups are nested ${depth} deep; ${LIMITS.ruleDepth} are allowed`));
  }
  if (nodes > LIMITS.ruleNodes) {
    errors.push(whole('RULE_TOO_MANY_NODES', `${count(nodes)} conditions and groups; ${count(LIMITS.ruleNodes)} are allowed`));
  }
  return errors;
}

function childrenOf(node: Json): readonly Json[] {
  if (!isObject(node)) return [];
  const conditions = node.get('conditions');
  const filter = node.get('filter');
  return [...(isList(conditions) ? conditions : []), ...(isObject(filter) ? [filter] : [])];
}
