/** The oracle's rows for sinks: what was held before, what a run finds, what must be held after. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { MergeCommand, PassJob, PassTag } from '@tagmill/shared/job';
import { type MergeBatch, type MergeUser, packBatches } from '@tagmill/shared/merge/batch';

const FIXTURES = new URL('../../fixtures/', import.meta.url);

const lines = <T>(path: string): T[] =>
  gunzipSync(readFileSync(new URL(path, FIXTURES)))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

export interface BeforeRow {
  readonly user_id: string;
  readonly tag_ids: readonly number[];
  readonly tag_details: unknown;
}

export interface AfterRow {
  readonly user_id: string;
  readonly tag_ids: readonly number[];
  readonly changed?: boolean;
}

export interface Evaluated {
  readonly user_id: string;
  readonly T: readonly number[];
  readonly F: readonly number[];
  readonly U: readonly number[];
}

export interface TagCountsRow {
  readonly entered: number;
  readonly exited: number;
}

export const beforeRows = (): BeforeRow[] => lines('expected/user_tags_before.jsonl.gz');
export const afterRows = (): AfterRow[] => lines('expected/user_tags_after.jsonl.gz');
export const afterFreshRows = (): AfterRow[] => lines('expected/user_tags_after_fresh.jsonl.gz');
export const evaluation = (): Evaluated[] => lines('expected/evaluation.jsonl.gz');

export interface OracleCounts {
  readonly users_in_any_table: number;
  readonly rows_new: number;
  readonly rows_changed: number;
  readonly tags: Readonly<Record<string, TagCountsRow>>;
}

export const oracleCounts = (): OracleCounts => JSON.parse(readFileSync(new URL('expected/counts.json', FIXTURES), 'utf8')) as OracleCounts;

export const collationConflicts = (): Record<string, [string, string][]> =>
  JSON.parse(readFileSync(new URL('expected/collation_conflicts.json', FIXTURES), 'utf8')) as Record<string, [string, string][]>;

/** The tags of the oracle that are evaluated, in order of their id. */
export function oracleTags(): PassTag[] {
  const file = JSON.parse(readFileSync(new URL('rules/tag_rules.json', FIXTURES), 'utf8')) as {
    tags: { tag_id: number; tag_name: string; description: string; expect: string }[];
  };
  return file.tags
    .filter((tag) => tag.expect === 'evaluated')
    .map((tag) => ({
      tagId: tag.tag_id,
      name: tag.tag_name,
      reason: tag.description,
      rule: { logic: 'AND', conditions: [] },
      reads: [],
      onlyUsers: [],
      onlyMatches: [],
      ruleVersion: 1,
    }));
}

export function makeJob(runId: string, tags: readonly PassTag[] = oracleTags(), businessDate = '2026-11-22'): PassJob {
  return {
    runId,
    pass: 0,
    location: { kind: 'folder', path: '' },
    businessDate,
    clock: { asOf: `${businessDate}T15:59:59.999999Z`, today: businessDate, zone: 'Asia/Shanghai' },
    tables: [],
    catalog: { fields: [] },
    keyType: 'string',
    cuts: [],
    users: { kind: 'all' },
    tags,
  };
}

export const makeCommand = (tags: readonly PassTag[], shard = 0, token = 1, term = 1): MergeCommand => ({
  shard,
  scope: tags.map((tag) => tag.tagId),
  pieceHash: '0'.repeat(32),
  term,
  token,
});

/** Findings of a run for `tags`, as a sink gets them. */
export function batchesOf(found: readonly Evaluated[], tags: readonly PassTag[], batchUsers?: number): MergeBatch[] {
  const bitOf = new Map(tags.map((tag, bit) => [tag.tagId, bit]));
  const bits = (ids: readonly number[]): number[] => ids.map((id) => bitOf.get(id)).filter((bit) => bit !== undefined);
  // Both bits: UNKNOWN, and counted.
  const counted = (ids: readonly number[]): number[] => bits(ids).filter((bit) => tags[bit]?.keepForRuns !== undefined);
  const users: MergeUser[] = found.map((user) => ({
    userId: user.user_id,
    matched: [...bits(user.T), ...counted(user.U)],
    notMatched: [...bits(user.F), ...counted(user.U)],
  }));
  return packBatches(users, tags.length, batchUsers);
}
