/** Turns a request into a run: which tags, which graph, rules as they stand now. */
import { TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import { uuidv7 } from '@tagmill/shared/ids';
import type { TablesLocation } from '@tagmill/shared/job';
import { LIMITS } from '@tagmill/shared/limits';
import type { TagPolicy } from '@tagmill/shared/tag-policy';
import { type FoundTagTask, filtersOf } from '@tagmill/shared/tag-task';
import { CATEGORY_DOMAIN, type Domain } from '@tagmill/shared/words';
import type { PinnedRule, RunSpec, TaskSpec } from '../core/run-spec.ts';
import type { RunRequest } from '../port.ts';
import type { StoredRule } from '../tagstore/metadata.ts';
import { tagEdges } from './tag-edges.ts';

/** A rule with the number of its version. */
export type VersionedRule = StoredRule & { readonly ruleVersion?: number };

export interface RunMaterial {
  readonly rules: readonly VersionedRule[];
  /** What tags allow; absent for a tag: anything. */
  readonly policies?: readonly { readonly tagId: number; readonly policy: TagPolicy }[];
  readonly tasks: readonly FoundTagTask[];
  /** The task files are those that come with Tagmill. */
  readonly shippedTasks: boolean;
  readonly tables: TablesLocation;
  readonly timeZone: string;
  readonly shardRows: number;
  readonly nowMs: number;
  readonly random: Uint8Array;
}

/** Errors: TAG_NOT_FOUND, USAGE. */
export function makeRun(request: RunRequest, material: RunMaterial): RunSpec {
  failpoint('manager.run.made');
  if (request.mode === 'noop') return noopRun(request, material);
  const rules = chooseRules(request, material.rules);
  const tasks = new Map(material.tasks.map((one) => [one.task.tagId, one]));
  const tags = rules.map((rule) => tagTask(rule, tasks.get(rule.tagId)));
  return {
    ...baseOf(request, material),
    tables: material.tables,
    users: request.userIds === undefined ? null : sortedUsers(request.userIds),
    days: request.mode === 'incremental' ? (request.days ?? 1) : null,
    tasks: [
      { name: 'plan', title: 'plan', handler: 'plan', tagId: null, domain: null, gate: 'auto' },
      ...tags,
      { name: 'report', title: 'report', handler: 'report', tagId: null, domain: null, gate: 'auto' },
    ],
    edges: [
      ...tags.flatMap((tag) => [
        { from: 'plan', to: tag.name, kind: 'success' as const },
        { from: tag.name, to: 'report', kind: 'end' as const },
      ]),
      ...tagEdges(rules),
    ],
    rules: rules.map((rule) => ({ ...pinRule(rule, tasks.get(rule.tagId), material.shippedTasks), ...policyOf(rule.tagId, material) })),
  };
}

function baseOf(request: RunRequest, material: RunMaterial) {
  return {
    id: uuidv7(material.nowMs, material.random),
    mode: request.mode,
    who: request.who,
    createdAtMs: material.nowMs,
    timeZone: request.timeZone ?? material.timeZone,
    asOf: request.asOf ?? null,
    businessDate: request.businessDate ?? null,
    shardRows: request.shardRows ?? material.shardRows,
  };
}

function noopRun(request: RunRequest, material: RunMaterial): RunSpec {
  const shards = request.shards ?? 1;
  if (!(shards >= 1 && shards <= 100_000_000)) throw new TagmillError('USAGE', `a noop run has 1 to 100,000,000 shards, not ${shards}`);
  return {
    ...baseOf(request, material),
    tables: null,
    users: null,
    days: null,
    tasks: [
      { name: 'noop', title: 'noop', handler: 'noop', tagId: null, domain: null, gate: 'auto', shards },
      { name: 'report', title: 'report', handler: 'report', tagId: null, domain: null, gate: 'auto' },
    ],
    edges: [{ from: 'noop', to: 'report', kind: 'end' }],
    rules: [],
  };
}

function chooseRules(request: RunRequest, rules: readonly VersionedRule[]): VersionedRule[] {
  const active = rules.filter((rule) => rule.isActive);
  if (request.tagIds === undefined) {
    if (active.length === 0)
      throw new TagmillError(
        'TAG_NOT_FOUND',
        'the database has no active rule: import some with `tagmill rules import FILE --database URL`',
      );
    return active;
  }
  const byId = new Map(active.map((rule) => [rule.tagId, rule]));
  const missing = [...new Set(request.tagIds)].filter((id) => !byId.has(id));
  if (missing.length > 0) {
    const has = active.map((rule) => rule.tagId).slice(0, 50);
    throw new TagmillError(
      'TAG_NOT_FOUND',
      `no active rule for tag ${missing.join(', ')}; there are rules for ${has.join(', ') || 'none'}`,
      { missing },
    );
  }
  return [...new Set(request.tagIds)].sort((a, b) => a - b).map((id) => byId.get(id)!);
}

/** Bytewise order without repeats. Errors: USAGE when there are none or too many. */
function sortedUsers(users: readonly string[]): string[] {
  if (users.length === 0) throw new TagmillError('USAGE', 'the list of users is empty');
  if (users.length > LIMITS.usersPerRequest)
    throw new TagmillError('USAGE', `${users.length} users were named; ${LIMITS.usersPerRequest} are allowed in one run`);
  return [...new Set(users)]
    .map((user) => Buffer.from(user))
    .sort(Buffer.compare)
    .map((bytes) => bytes.toString());
}

function tagTask(rule: StoredRule, found: FoundTagTask | undefined): TaskSpec {
  const domain: Domain = found?.domain ?? CATEGORY_DOMAIN[rule.category] ?? 'other';
  return { name: `tag-${rule.tagId}`, title: rule.tagName, handler: 'tag', tagId: rule.tagId, domain, gate: 'auto' };
}

function policyOf(tagId: number, { policies = [] }: RunMaterial): Pick<PinnedRule, 'policy'> {
  const policy = policies.find((one) => one.tagId === tagId)?.policy;
  return policy === undefined ? {} : { policy };
}

function pinRule(rule: VersionedRule, found: FoundTagTask | undefined, shipped: boolean): PinnedRule {
  const task = found?.task;
  return {
    tagId: rule.tagId,
    name: rule.tagName,
    ruleJson: rule.ruleJson,
    ...(rule.ruleVersion === undefined ? {} : { ruleVersion: rule.ruleVersion }),
    requiredFields: task?.requiredFields ?? [],
    readsTables:
      task === undefined ? [] : [task.dataSources.primary, ...(task.dataSources.secondary === null ? [] : [task.dataSources.secondary])],
    ...(task !== undefined && shipped ? { shipped } : {}),
    onlyUsers: filtersOf(task?.preprocess),
    onlyMatches: filtersOf(task?.postprocess),
  };
}
