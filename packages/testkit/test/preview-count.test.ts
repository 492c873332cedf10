/** A preview counted by the engine alone is what its shards, evaluated as in a run, come to: user for user. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Evaluator, openEvaluator } from '@tagmill/executor/engine/evaluator';
import { planTables } from '@tagmill/executor/engine/plan-tables';
import { previewShard } from '@tagmill/executor/questions/preview-shard';
import type { PassTag, PlanResult } from '@tagmill/shared/job';
import { MOVES, type PreviewCounts, type PreviewJob } from '@tagmill/shared/question';
import { checkWholeRule } from '@tagmill/shared/rules/check';
import { makeClock } from '@tagmill/shared/rules/clock';
import type { NormalRule, TagLeaf, WholeRule } from '@tagmill/shared/rules/normal';
import { wholeTablesOf } from '@tagmill/shared/rules/reads';
import { joinPieces, linesOf, piecesOf } from '@tagmill/shared/value-set';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomRule, randoms } from '../src/e2e/random-rules.ts';
import { generateSampleTables } from '../src/sample-tables.ts';

const DATE = '2026-11-22';
const USERS = 4_000;
const RULES = 60;
const never = new AbortController().signal;
const directory = mkdtempSync(join(tmpdir(), 'tagmill-count-'));
const location = { kind: 'folder', path: join(directory, 'tables') } as const;
let evaluator: Evaluator;
let plan: PlanResult;

beforeAll(async () => {
  await generateSampleTables({ dir: location.path, users: USERS, seed: 3, businessDates: [DATE], sorted: true, rowGroupRows: 2_048 });
  const room = { cacheBytes: 2 ** 30, spoolBytes: 2 ** 30, tempBytes: 2 ** 30, memoryBytes: 2 ** 28, threads: 1 };
  const dirs = { cacheDir: join(directory, 'cache'), spoolDir: join(directory, 'spool'), tempDir: join(directory, 'temp') };
  evaluator = await openEvaluator({ location, ...room, ...dirs });
  plan = await planTables(evaluator, { tables: location, shardRows: 1_500 });
});
afterAll(() => {
  evaluator.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Where an executor keeps sets of values. */
function keep(name: string, users: readonly string[]): string {
  const hash = Buffer.from(name.padEnd(32, '.')).toString('hex');
  mkdirSync(join(evaluator.sortedDir, '..', 'values'), { recursive: true });
  writeFileSync(join(evaluator.sortedDir, '..', 'values', hash), linesOf(users));
  return hash;
}

const everyNth = (nth: number, from = 0): string[] =>
  Array.from({ length: USERS }, (_, at) => `user_${String(at + 1).padStart(6, '0')}`).filter((_, at) => at % nth === from);

const checked = (rule: unknown): NormalRule => checkWholeRule(JSON.stringify(rule), plan.catalog).rule as NormalRule;

function tag(tagId: number, rule: WholeRule, over: Partial<PassTag> = {}): PassTag {
  return { tagId, name: 't', rule, reads: wholeTablesOf(rule), onlyUsers: [], onlyMatches: [], reason: '', ruleVersion: 1, ...over };
}

interface Asked {
  readonly rule: NormalRule;
  readonly live: NormalRule | undefined;
  readonly unknown: PreviewJob['unknown'];
  readonly hasHeld: boolean;
}

function jobOf({ rule, live, unknown, hasHeld }: Asked, holders: NonNullable<PreviewJob['pass']['holders']>): PreviewJob {
  // A class that leaves users out, and matches.
  const reads = wholeTablesOf(rule);
  const filters = reads.includes('user_basic_info')
    ? {
        onlyUsers: [checked({ field: 'age', operator: '>=', value: 20 })],
        onlyMatches: [checked({ field: 'city', operator: '!=', value: 'Tokyo' })],
      }
    : {};
  const own = tag(1, rule, { ...filters, reads });
  const states = [['5', 0] as const, ['5', -1] as const, ...(unknown === 'due' ? [['0', 0] as const] : [])];
  const held = states.map(([of, basis], at) => {
    const leaf: TagLeaf = { kind: 'tag', operator: 'has_tag', tag: of, basis, missing: 'unknown' };
    return { ...own, tagId: 10 + at, rule: leaf, onlyMatches: [] };
  });
  const parts = 'logic' in rule ? rule.conditions.map((one, at) => ({ ...own, tagId: 20 + at, rule: one, onlyMatches: [] })) : [];
  const tags = [own, ...(live === undefined ? [] : [tag(2, live, { ...filters, reads })]), ...(hasHeld ? held : []), ...parts];
  const pass = {
    ...{ runId: 'preview', pass: 1, location, businessDate: DATE, clock: makeClock({ businessDate: DATE, zone: 'Asia/Shanghai' }) },
    tables: plan.tables.filter(({ name }) => reads.includes(name)),
    ...{ catalog: plan.catalog, keyType: plan.keyType, cuts: plan.cuts, users: { kind: 'all' as const }, tags },
    ...(hasHeld
      ? {
          holders,
          values: holders
            .flatMap(({ held: own_, manual, excluded }) => [own_, manual, ...(excluded === undefined ? [] : [excluded])])
            .flatMap(piecesOf),
        }
      : {}),
  };
  return { pass, hasLive: live !== undefined, hasHeld, unknown, others: 0, samples: 100_000 };
}

async function sumOf(job: PreviewJob, parts: number): Promise<Omit<PreviewCounts, 'bytesRead'>> {
  const all: PreviewCounts[] = [];
  for (let shard = 0; shard < parts; shard += 1) all.push(await previewShard(evaluator, job, { shard, enough: [] }, never));
  const add = (of: (counts: PreviewCounts) => readonly number[]): number[] =>
    all.map((one) => [...of(one)]).reduce((sum, one) => sum.map((value, at) => value + (one[at] ?? 0)));
  const samples = Object.fromEntries(MOVES.map((move) => [move, all.flatMap((one) => one.samples[move]).sort()]));
  return {
    users: all.reduce((sum, one) => sum + one.users, 0),
    ...{ matrix: add((one) => one.matrix), moves: add((one) => one.moves), parts: add((one) => one.parts), others: [] },
    samples: samples as unknown as PreviewCounts['samples'],
  };
}

test(`${RULES} random rules of one table: counts, moves, parts and every user of both ways are the same`, async () => {
  const holders = [
    {
      tag: '5',
      held: joinPieces([keep('held', everyNth(3).slice(0, 500)), keep('held on', everyNth(3).slice(500))]),
      manual: keep('manual', everyNth(30)),
      excluded: keep('excluded', everyNth(7, 1)),
    },
    { tag: '0', held: keep('due', everyNth(6)), manual: keep('none', []) },
  ];
  const next = randoms(11);
  const ofTable = (table?: string): NormalRule => {
    for (;;) {
      const rule = checked(randomRule(next, 1));
      const [name, ...rest] = wholeTablesOf(rule);
      if (rest.length === 0 && (table === undefined || name === table)) return rule;
    }
  };
  for (let at = 0; at < RULES; at += 1) {
    const rule = ofTable();
    const live = at % 3 === 0 ? undefined : ofTable(wholeTablesOf(rule)[0]);
    const hasHeld = at % 4 !== 1;
    const unknown = (['keep', 'remove', 'due'] as const)[at % 3]!;
    const job = jobOf({ rule, live, hasHeld, unknown: unknown === 'due' && !hasHeld ? 'keep' : unknown }, holders);
    const [table] = job.pass.tables;
    const parts = 1 + (at % 3);
    const counted = { table: table!.name, parts, hasKeys: at % 2 === 0, tag: '5' };
    const wanted = await sumOf(job, plan.cuts.length + 1);
    expect(await sumOf({ ...job, counted }, parts), JSON.stringify(rule)).toEqual(wanted);
    expect(wanted.users).toBeGreaterThan(0);
  }
});

test('a stop ends the count', async () => {
  const job = jobOf({ rule: checked({ field: 'age', operator: '>', value: 30 }), live: undefined, hasHeld: false, unknown: 'keep' }, []);
  const counted = { table: 'user_basic_info', parts: 1, hasKeys: true };
  const stop = AbortSignal.abort(new Error('stopped'));
  await expect(previewShard(evaluator, { ...job, counted }, { shard: 0, enough: [] }, stop)).rejects.toThrow('stopped');
});
