/** The answer to a case: what the product says of it, by its own door: check, then evaluate. */
import type { FieldCatalog, RunClock } from '../fields.ts';
import { bucketNumber } from '../rules/bucket-number.ts';
import { checkWholeRule, type WholeCheckResult } from '../rules/check.ts';
import type { RuleError } from '../rules/codes.ts';
import { type Json, JsonProblem } from '../rules/json.ts';
import { KEY_FIELD } from '../rules/key-leaves.ts';
import type { NormalRule, WholeRule, WideLeaf } from '../rules/normal.ts';
import { rowRule } from '../rules/reads.ts';
import { evaluateRule, groupTruth, missingTruth, type Truth } from '../rules/reference.ts';
import { wideTruth } from '../rules/wide/evaluate.ts';
import type { Row } from '../rules/wide/world.ts';
import { TagmillError } from '../errors.ts';
import { CaseProblem, objectIn } from './case-json.ts';
import { type CaseWorld, caseWorld, stateIn } from './case-world.ts';
import { type ConformanceCase, parseLine, type RowsCase, toCase, type UsersCase } from './case.ts';

/** What evaluates rules; groups over leaves of several kinds are the same for every engine. */
export interface RowEngine {
  /** The letter of each row, in order; cells as in the corpus. */
  letters(rule: NormalRule, rows: readonly Row[], catalog: FieldCatalog, clock: RunClock): Promise<readonly Truth[]>;
  /** Those of a leaf that reads more than the user's row, by user; without it, or null: the reference's. */
  wideLetters?(leaf: WideLeaf, seen: CaseWorld): Promise<readonly Truth[] | null>;
}

export const referenceEngine: RowEngine = {
  letters: (rule, rows, _catalog, clock) => Promise.resolve(rows.map((row) => evaluateRule(rule, (field) => row[field.name], clock))),
};

export interface Answer {
  readonly id: string | null;
  readonly result?: string | number | Readonly<Record<string, Truth>>;
  readonly error?: { readonly code: string; readonly path: string; readonly message?: string };
}

const refusal = (id: string, { code, path }: RuleError): Answer => ({ id, error: { code, path } });

/** A leaf that reads more than the user's row; the rule behind the state of a tag is the engine's again. */
async function wideLettersOf(leaf: WideLeaf, seen: CaseWorld, catalog: FieldCatalog, engine: RowEngine): Promise<readonly Truth[]> {
  const found = await engine.wideLetters?.(leaf, seen);
  if (found !== undefined && found !== null) return found;
  if (leaf.kind !== 'tag' || leaf.operator === 'had_tag_within') return seen.users.map((user) => wideTruth(leaf, user, seen.world));
  const facts = seen.tag(leaf.tag);
  const { rule } = facts;
  const ruled = rule === null || rule === undefined ? [] : await lettersOf(rule, seen, catalog, engine);
  return seen.users.map((user, at) => {
    const state = stateIn(facts, user, () => ruled[at]!);
    if (state === 'U') return missingTruth(leaf.missing);
    return (state === 'T') === (leaf.operator === 'has_tag') ? 'T' : 'F';
  });
}

/** The letters of users: whole per-row parts by the engine, other leaves one by one. */
async function lettersOf(rule: WholeRule, seen: CaseWorld, catalog: FieldCatalog, engine: RowEngine): Promise<readonly Truth[]> {
  const rows = rowRule(rule);
  if (rows !== null) return await engine.letters(rows, seen.users.map(seen.rowOf), catalog, seen.world.clock);
  if ('kind' in rule) return await wideLettersOf(rule, seen, catalog, engine);
  if (!('logic' in rule)) throw new Error('a per-row leaf is a per-row rule');
  const children: (readonly Truth[])[] = [];
  for (const condition of rule.conditions) children.push(await lettersOf(condition, seen, catalog, engine));
  return seen.users.map((_, at) =>
    groupTruth(
      rule,
      children.map((letters) => letters[at]!),
    ),
  );
}

async function answerUsers(item: UsersCase, rule: WholeRule, engine: RowEngine): Promise<Answer> {
  const seen = caseWorld(item.source, item.catalog, item.clock);
  const letters = await lettersOf(rule, seen, item.catalog, engine);
  return { id: item.id, result: Object.fromEntries(seen.users.map((user, at) => [user, letters[at]!])) };
}

/** Rows without a key are users of their own, by their place. */
function rowsAsUsers(item: RowsCase): CaseWorld {
  const users = item.written.map((row, at): Json => {
    const cells = objectIn(row, 'a row');
    return new Map([...cells, [KEY_FIELD, cells.get(KEY_FIELD) ?? `row ${at + 1}`]]);
  });
  return caseWorld(new Map([['users', users]]), item.catalog, item.clock);
}

async function answerRows(item: RowsCase, rule: WholeRule, engine: RowEngine): Promise<Answer> {
  const rows = rowRule(rule);
  const letters =
    rows === null
      ? await lettersOf(rule, rowsAsUsers(item), item.catalog, engine)
      : await engine.letters(rows, item.rows, item.catalog, item.clock);
  return { id: item.id, result: letters.join('') };
}

async function answer(item: ConformanceCase, engine: RowEngine): Promise<Answer> {
  if (item.kind === 'bucket') return { id: item.id, result: bucketNumber(item.salt, item.userId) };
  const checked: WholeCheckResult = checkWholeRule(item.rule, item.catalog, item.kind === 'check' ? item.tag : undefined);
  const [first] = checked.errors;
  if (first !== undefined) return refusal(item.id, first);
  if (item.kind === 'check') return { id: item.id, result: 'ok' };
  const [failure] = checked.runErrors ?? [];
  if (failure !== undefined) return refusal(item.id, failure);
  if (checked.rule === null) throw new CaseProblem('the rule has no errors and no form');
  return item.kind === 'users' ? await answerUsers(item, checked.rule, engine) : await answerRows(item, checked.rule, engine);
}

/** The id of a line that is no JSON, where one can be seen. */
const idSeen = (line: string): string | null => /"id"\s*:\s*"([^"\\]{0,200})"/.exec(line)?.[1] ?? null;

/** A rule that reads as no JSON of the product: a key that comes twice, or no end of brackets. */
function answerBroken(line: string, problem: JsonProblem): Answer {
  const id = idSeen(line);
  if (id !== null && problem.kind === 'depth') return { id, error: { code: 'RULE_TOO_DEEP', path: '' } };
  const twice = id !== null && problem.message.includes('comes twice');
  return { id, error: { code: twice ? 'RULE_JSON' : 'CASE_INVALID', path: '', message: problem.message } };
}

/**
 * Answers one line. A line that is no case is answered too, with an error; no
 * line ends the verb.
 */
export async function answerLine(line: string, engine: RowEngine): Promise<Answer> {
  let id = null;
  try {
    const source = parseLine(line, 'refuse');
    const given = source.get('id');
    id = typeof given === 'string' ? given : null;
    return await answer(toCase(source), engine);
  } catch (error) {
    if (error instanceof JsonProblem) return answerBroken(line, error);
    if (error instanceof CaseProblem) return { id, error: { code: 'CASE_INVALID', path: '', message: error.message } };
    if (error instanceof TagmillError) return { id, error: { code: error.code, path: '', message: error.message } };
    const message = error instanceof Error ? error.message : String(error);
    return { id, error: { code: 'INTERNAL', path: '', message } };
  }
}
