/** What a plan means for each tag of its run: the rule checked against the tables that are really there. */
import type { FieldCatalog, RunClock } from '@tagmill/shared/fields';
import type { PassTag, PlanResult, TableFault, UserScope } from '@tagmill/shared/job';
import { canonicalRule, canonicalText } from '@tagmill/shared/rules/canonical';
import { checkRule, checkWholeRule } from '@tagmill/shared/rules/check';
import { makeClock } from '@tagmill/shared/rules/clock';
import { describeRule } from '@tagmill/shared/rules/describe';
import type { NormalRule, WholeRule } from '@tagmill/shared/rules/normal';
import { tablesOf, wholeLeavesOf, wholeTablesOf } from '@tagmill/shared/rules/reads';
import type { RuleError } from '@tagmill/shared/rules/codes';
import type { FoundTagTask, TagTask } from '@tagmill/shared/tag-task';
import type { TagVerdict } from '../core/events.ts';
import type { PinnedRule, RunHead } from '../core/run-spec.ts';
import { pinnedCatalog } from './run-reads.ts';

export interface PlanVerdict {
  readonly clock: RunClock;
  readonly users: UserScope;
  readonly tags: readonly TagVerdict[];
  /** What a person should know beside the plan's own notes. */
  readonly notes: readonly string[];
}

/** Errors: USAGE when the run's clock cannot be made. */
export function judgePlan(spec: RunHead, plan: PlanResult, tasks: readonly FoundTagTask[] = []): PlanVerdict {
  const byId = new Map(tasks.map((one) => [one.task.tagId, one.task]));
  const clock = makeClock({ businessDate: plan.businessDate, zone: spec.timeZone, ...(spec.asOf === null ? {} : { asOf: spec.asOf }) });
  const strangers = spec.rules.filter((rule) => isStranger(rule, plan));
  const catalog = { ...plan.catalog, ...pinnedCatalog(spec) };
  const tags = spec.rules.map((rule) =>
    strangers.includes(rule) ? judgeRule(asked(rule), plan, catalog, undefined) : judgeRule(rule, plan, catalog, byId.get(rule.tagId)),
  );
  return { clock, users: scopeOf(spec, clock), tags, notes: [...strangers.map(strangerNote), ...sameRuleNotes(tags)] };
}

/** Tags whose rules mean the same by their shape: most often one of them is a copy that somebody forgot. */
function sameRuleNotes(tags: readonly TagVerdict[]): string[] {
  const byText = new Map<string, string[]>();
  for (const one of tags) {
    if (!one.ok) continue;
    const { tagId, name, rule, onlyUsers, onlyMatches } = one.tag;
    const text = [[rule], onlyUsers, onlyMatches].map((rules) => rules.map(canonicalText).sort().join('\n')).join('\n\n');
    byText.set(text, [...(byText.get(text) ?? []), `${tagId} (${name})`]);
  }
  return [...byText.values()].filter((names) => names.length > 1).map((names) => `tags ${names.join(', ')} have the same rule`);
}

/**
 * A class that comes with Tagmill says nothing of other people's tables: where
 * none of its fields is in any table and the rule reads none of them, the tag
 * only has its number.
 */
function isStranger(rule: PinnedRule, plan: PlanResult): boolean {
  if (rule.shipped !== true) return false;
  const fields = rule.requiredFields.filter((field) => field !== 'user_id');
  if (plan.catalog.fields.some((field) => fields.includes(field.name))) return false;
  return !fields.some((field) => rule.ruleJson.includes(JSON.stringify(field)) || rule.ruleJson.includes(`.${field}"`));
}

const asked = (rule: PinnedRule): PinnedRule => ({ ...rule, requiredFields: [], readsTables: [], onlyUsers: [], onlyMatches: [] });

const strangerNote = (rule: PinnedRule): string =>
  `tag ${rule.tagId} (${rule.name}): the task class of that number that comes with Tagmill is about other tables and was left aside; --tasks DIR names your own`;

function scopeOf(spec: RunHead, clock: RunClock): UserScope {
  if (spec.users !== null) return { kind: 'list', users: spec.users };
  if (spec.days !== null) return { kind: 'registered', from: addDays(clock.today, 1 - spec.days), to: clock.today };
  return { kind: 'all' };
}

function addDays(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

function judgeRule(pinned: PinnedRule, plan: PlanResult, catalog: FieldCatalog, task: TagTask | undefined): TagVerdict {
  const { tagId } = pinned;
  const refuse = (code: string, message: string): TagVerdict => ({ tagId, ok: false, code, message });
  const faults = new Map(plan.faults.map((fault) => [fault.table, fault]));
  for (const table of pinned.readsTables) {
    const fault = faults.get(table);
    if (fault !== undefined) return refuse(fault.code, fault.message);
  }
  const there = new Set(plan.catalog.fields.map((field) => field.name));
  const checked = checkWholeRule(pinned.ruleJson, catalog, String(tagId));
  const error = checked.errors[0];
  if (checked.rule === null || error !== undefined) {
    // A field of a table that cannot be read looks unknown: then the table is the cause.
    const fault = faultBehind(error, plan);
    if (fault !== undefined)
      return refuse(fault.code, `${fault.message} (the rule reads a field that no readable table has: ${error?.message})`);
    return refuse(
      error?.code ?? 'RULE_INVALID',
      error === undefined
        ? 'the rule cannot be read'
        : `${error.path === '' ? 'rule' : error.path}: ${error.message}${goneSince(error, plan)}`,
    );
  }
  const [failure] = checked.runErrors ?? [];
  if (failure !== undefined) return refuse(failure.code, `${failure.path}: ${failure.message}`);
  const absent = pinned.requiredFields.filter((field) => !there.has(field));
  if (absent.length > 0) return refuse('FIELD_REQUIRED', `its task class requires ${absent.join(', ')}, which no table has`);
  const refused = task?.validate?.(there) ?? null;
  if (refused !== null) return refuse('TASK_REFUSED', `its task class refuses the tables: ${refused}`);
  const tables = [...wholeTablesOf(checked.rule), ...tablesOfUsers(checked.rule, pinned, plan)];
  for (const table of tables) {
    const fault = faults.get(table);
    if (fault !== undefined) return refuse(fault.code, fault.message);
  }
  const only = filters(pinned, catalog);
  if (typeof only === 'string') return refuse('RULE_INVALID', only);
  return { tagId, ok: true, tag: passTag(pinned, checked.rule, tables, only) };
}

/** A field or event table of a table that cannot be read looks unknown: then the table is the cause. */
function faultBehind(error: RuleError | undefined, plan: PlanResult): TableFault | undefined {
  if (error?.code === 'TABLE_UNKNOWN') return plan.faults.find(({ table }) => error.message.includes(`\`${table}\``));
  return error?.code === 'FIELD_UNKNOWN' ? plan.faults[0] : undefined;
}

/** Of a field that the data had the time before. */
function goneSince({ code, message }: RuleError, { drift }: PlanResult): string {
  if (code !== 'FIELD_UNKNOWN' || drift === undefined) return '';
  const named = /`([^`]+)`/.exec(message)?.[1];
  const gone = drift.changes.find(({ kind, table, field }) => kind === 'vanished' && (named === field || named === `${table}.${field}`));
  return gone === undefined
    ? ''
    : `; ${gone.table} had it on ${drift.businessDate} (run ${drift.runId}): bring it back, or give the tag another rule`;
}

/**
 * Where a rule reads events or other tags, those without any must be found too: in the table
 * that is declared to have every user, else in that of the task class, else in all.
 */
function tablesOfUsers(rule: WholeRule, pinned: PinnedRule, plan: PlanResult): readonly string[] {
  if (!wholeLeavesOf(rule).some((leaf) => 'kind' in leaf && (leaf.kind === 'aggregate' || leaf.kind === 'tag'))) return [];
  const { primary } = plan.catalog;
  if (primary !== undefined) return [primary];
  const named = pinned.readsTables.filter((table) => plan.tables.some(({ name }) => name === table));
  return named.length > 0 ? [named[0]!] : plan.tables.map(({ name }) => name);
}

interface Filters {
  readonly onlyUsers: readonly NormalRule[];
  readonly onlyMatches: readonly NormalRule[];
}

/** The class's filters, checked like rules; a sentence when one is broken. */
function filters(pinned: PinnedRule, catalog: FieldCatalog): Filters | string {
  const checkAll = (nodes: readonly unknown[], hook: string): NormalRule[] | string => {
    const rules: NormalRule[] = [];
    for (const node of nodes) {
      const { rule, errors, runErrors = [] } = checkRule(node, catalog);
      const [first] = [...errors, ...runErrors];
      if (rule === null || first !== undefined)
        return `the filter of ${hook} in its task class is refused: ${first?.code} at ${first?.path}: ${first?.message}`;
      rules.push(rule);
    }
    return rules;
  };
  const onlyUsers = checkAll(pinned.onlyUsers, 'preprocess');
  if (typeof onlyUsers === 'string') return onlyUsers;
  const onlyMatches = checkAll(pinned.onlyMatches, 'postprocess');
  return typeof onlyMatches === 'string' ? onlyMatches : { onlyUsers, onlyMatches };
}

function passTag(pinned: PinnedRule, rule: WholeRule, tables: readonly string[], only: Filters): PassTag {
  const read = new Set([...tables, ...only.onlyUsers.flatMap(tablesOf), ...only.onlyMatches.flatMap(tablesOf)]);
  return {
    tagId: pinned.tagId,
    name: pinned.name,
    rule: canonicalRule(rule),
    reads: [...read].sort(),
    onlyUsers: only.onlyUsers,
    onlyMatches: only.onlyMatches,
    ...unknownOf(pinned),
    reason: describeRule(rule),
    ruleVersion: pinned.ruleVersion ?? 1,
  };
}

function unknownOf({ policy }: PinnedRule): Pick<PassTag, 'unknown' | 'keepForRuns'> {
  if (policy?.unknown === 'remove') return { unknown: 'remove' };
  return policy?.unknown === 'keep_for' ? { keepForRuns: policy.keepForRuns ?? 1 } : {};
}
