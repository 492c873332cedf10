/** The data set of the first kind (packages/testkit/fixtures) as a job, and what must come of it. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { PassJob, PassTag, PlanResult, TablesLocation, UserScope } from '@tagmill/shared/job';
import { checkRule } from '@tagmill/shared/rules/check';
import { makeClock } from '@tagmill/shared/rules/clock';
import { tablesOf, wholeTablesOf } from '@tagmill/shared/rules/reads';
import { type Evaluator, type EvaluatorOptions, openEvaluator } from '../../src/engine/evaluator.ts';
import { type PieceBatch, readPiece } from '../../src/engine/piece.ts';
import type { S3StoreOptions } from '../../src/sources/s3.ts';

export const FIXTURES = join(import.meta.dirname, '../../../testkit/fixtures');
export const TABLES = join(FIXTURES, 'tables');
export const BUSINESS_DATE = '2026-11-22';
export const CLOCK = makeClock({ businessDate: BUSINESS_DATE, zone: 'Asia/Shanghai' });

interface FixtureTag {
  readonly tag_id: number;
  readonly tag_name: string;
  readonly is_active: boolean;
  readonly expect: string;
  readonly reads: readonly string[];
  readonly rule_conditions: unknown;
}

export interface Verdict {
  readonly T: readonly number[];
  readonly F: readonly number[];
  readonly U: readonly number[];
}

const MEBIBYTE = 1024 * 1024;

/** A folder of its own that goes away with the test. */
export function scratch(): { dir: string; remove: () => Promise<void> } {
  const dir = mkdtempSync(join(tmpdir(), 'tagmill-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

export function openTestEvaluator(
  dir: string,
  location: TablesLocation,
  s3?: S3StoreOptions,
  threads = 1,
  more: Partial<EvaluatorOptions> = {},
): Promise<Evaluator> {
  return openEvaluator({
    ...more,
    location,
    ...(s3 === undefined ? {} : { s3 }),
    cacheDir: join(dir, 'cache'),
    cacheBytes: 256 * MEBIBYTE,
    spoolDir: join(dir, 'spool'),
    spoolBytes: 256 * MEBIBYTE,
    tempDir: join(dir, 'temp'),
    tempBytes: 256 * MEBIBYTE,
    memoryBytes: 512 * MEBIBYTE,
    threads,
  });
}

/** The active tags of the fixtures that pass the check, as the manager would send them. */
export function fixtureTags(plan: PlanResult): PassTag[] {
  const file = JSON.parse(readFileSync(join(FIXTURES, 'rules/tag_rules.json'), 'utf8')) as { tags: FixtureTag[] };
  const tags: PassTag[] = [];
  for (const tag of file.tags) {
    if (!tag.is_active) continue;
    const { rule, errors } = checkRule(JSON.stringify(tag.rule_conditions), plan.catalog);
    if (rule === null) {
      if (tag.expect === 'evaluated') throw new Error(`tag ${tag.tag_id}: ${JSON.stringify(errors)}`);
      continue;
    }
    tags.push(passTag(tag.tag_id, rule, { name: tag.tag_name, reads: tablesOf(rule) }));
  }
  return tags.sort((a, b) => a.tagId - b.tagId);
}

export function passTag(tagId: number, rule: PassTag['rule'], more: Partial<PassTag> = {}): PassTag {
  return {
    tagId,
    name: `tag ${tagId}`,
    rule,
    reads: wholeTablesOf(rule),
    onlyUsers: [],
    onlyMatches: [],
    reason: '',
    ruleVersion: 1,
    ...more,
  };
}

export function passJob(location: TablesLocation, plan: PlanResult, tags: readonly PassTag[], users: UserScope = { kind: 'all' }): PassJob {
  const { businessDate, tables, catalog, keyType, cuts } = plan;
  return { runId: 'run', pass: 1, location, businessDate, clock: CLOCK, tables, catalog, keyType, cuts, users, tags };
}

export function expectedVerdicts(): Map<string, Verdict> {
  const text = gunzipSync(readFileSync(join(FIXTURES, 'expected/evaluation.jsonl.gz'))).toString('utf8');
  const rows = text.trimEnd().split('\n');
  return new Map(
    rows.map((line) => {
      const { user_id, T, F, U } = JSON.parse(line) as Verdict & { user_id: string };
      return [user_id, { T, F, U }];
    }),
  );
}

/** Users and verdicts of a piece, in its order. */
export function verdictsOf(path: string): [string, Verdict][] {
  const piece = readPiece(path);
  const found: [string, Verdict][] = [];
  for (const batch of piece.batches()) {
    for (let user = 0; user < batch.users; user += 1) {
      const key = batch.keys.toString('utf8', batch.offsets[user]!, batch.offsets[user + 1]!);
      found.push([key, verdictOf(batch, user, piece.header.tags)]);
    }
  }
  return found;
}

function verdictOf(batch: PieceBatch, user: number, tags: readonly number[]): Verdict {
  const has = (plane: Uint32Array, bit: number): boolean => ((plane[user * batch.words + (bit >>> 5)]! >>> (bit & 31)) & 1) === 1;
  const verdict = { T: [] as number[], F: [] as number[], U: [] as number[] };
  tags.forEach((tag, bit) => {
    const [t, f, e] = [has(batch.matched, bit), has(batch.notMatched, bit), batch.evaluated === null || has(batch.evaluated, bit)];
    if ((t || f) && !e) throw new Error(`tag ${tag} is decided but not evaluated`);
    if (e) (t ? verdict.T : f ? verdict.F : verdict.U).push(tag);
  });
  return verdict;
}
