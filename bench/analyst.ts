/** What an analyst waits for: the check of a large rule, and the exact preview of a small one over all users. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PassJob, PlanResult } from '@tagmill/shared/job';
import { type Move, MOVES, type PreviewCounts, type PreviewJob } from '@tagmill/shared/question';
import { checkWholeRule } from '@tagmill/shared/rules/check';
import { makeClock } from '@tagmill/shared/rules/clock';
import type { NormalRule } from '@tagmill/shared/rules/normal';
import { wholeTablesOf } from '@tagmill/shared/rules/reads';
import { spread } from '../packages/manager/src/shell/analyst/preview-count.ts';
import type { WorkerTask } from '../packages/executor/src/worker/messages.ts';
import { WorkerPool } from '../packages/executor/src/worker/pool.ts';
import type { BenchOptions } from './lib/options.ts';
import { quantilesOf } from './lib/quantiles.ts';
import { Results } from './lib/results.ts';
import { BUSINESS_DATE, DATA } from './lib/sample.ts';
import { timeCommand } from './lib/timed-command.ts';
import { wideRules } from './lib/wide-rules.ts';
import { MONEY, WIDE_TABLE, wideTable } from './lib/wide-table.ts';
import type { CheckedRules } from './peers/rule-sql.ts';

const PEER = join(import.meta.dirname, 'peers', 'rule-sql.ts');
const WORKERS = 2;
const SHARD_ROWS = 250_000;
const PART_ROWS = 500_000;
const MEBIBYTE = 1024 * 1024;
const CHECK_LEAVES = 200;
const RULES_IN_ONE = 60;
const CLOCK = makeClock({ businessDate: BUSINESS_DATE, zone: 'Asia/Shanghai' });

/** Each round measures everybody once. */
export async function benchAnalyst(options: BenchOptions): Promise<void> {
  mkdirSync(DATA, { recursive: true });
  const directory = mkdtempSync(join(DATA, 'analyst-'));
  const tables = await wideTable(options.users);
  const pool = poolOf(directory);
  const results = new Results('analyst', options);
  try {
    const request = { tables: { kind: 'folder' as const, path: tables }, businessDate: BUSINESS_DATE, shardRows: SHARD_ROWS };
    const plan = await run<PlanResult>(pool, { kind: 'plan', request });
    const rule = oneLeaf(plan);
    const file = join(directory, 'rule.json');
    writeFileSync(file, JSON.stringify({ rules: [rule], clock: CLOCK } satisfies CheckedRules));
    const work = `exact count of a rule of one condition over ${options.users} users`;
    // The first opens files and engine; what an analyst feels at the next key is measured.
    await preview(pool, plan, tables, rule);
    for (let round = 0; round < options.rounds; round += 1) {
      await measureChecks(results, plan, options.tiny ? 2 : 5);
      const { seconds, firstSeconds, matched } = await preview(pool, plan, tables, rule);
      await results.add({ subject: 'tagmill', work, unit: 's', value: seconds, details: { firstEstimateMs: firstSeconds * 1000 } });
      const { stdout } = await timeCommand(process.execPath, [PEER, 'case-matched', tables, file]);
      const peer = JSON.parse(stdout) as { readonly seconds: number; readonly matched: readonly number[] };
      if (peer.matched[0] !== matched) throw new Error(`the preview counts ${matched}, DuckDB ${peer.matched[0]}`);
      await results.add({ subject: 'duckdb-case-matched', work, unit: 's', value: peer.seconds });
    }
  } finally {
    await pool.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureChecks(results: Results, plan: PlanResult, rules: number): Promise<void> {
  // Rules as analysts write them, as many in one group as make a large one.
  const all = wideRules(rules * RULES_IN_ONE, rules * CHECK_LEAVES);
  const texts = Array.from({ length: rules }, (_, at) =>
    JSON.stringify({ logic: 'OR', conditions: all.slice(at * RULES_IN_ONE, (at + 1) * RULES_IN_ONE) }),
  );
  const tookMs: number[] = [];
  for (let again = 0; again < 100; again += 1) {
    for (const text of texts) {
      const startedAt = performance.now();
      const { errors } = checkWholeRule(text, plan.catalog, '1');
      tookMs.push(performance.now() - startedAt);
      if (errors.length > 0) throw new Error(`${text.slice(0, 200)}: ${errors[0]?.message}`);
    }
  }
  const [halfMs = 0, value = 0] = quantilesOf(
    tookMs.map((ms) => ({ value: ms, weight: 1 })),
    [0.5, 0.99],
  );
  const work = `check of a rule of ${CHECK_LEAVES} conditions, 99 of 100 within`;
  await results.add({ subject: 'tagmill', work, unit: 'ms', value, details: { halfMs } });
}

function oneLeaf(plan: PlanResult): NormalRule {
  const [field] = MONEY;
  const { rule } = checkWholeRule(JSON.stringify({ field, operator: '>=', value: 1000 }), plan.catalog);
  if (rule === null || 'kind' in rule) throw new Error(`no rule over ${field}`);
  return rule as NormalRule;
}

/** As the manager asks, of a table that a run has read before: every part once, as many at a time as there are workers. */
async function preview(pool: WorkerPool, plan: PlanResult, tables: string, rule: NormalRule) {
  const [table] = plan.tables;
  const parts = Math.max(1, Math.ceil((table?.rows ?? 0) / PART_ROWS));
  const job: PreviewJob = {
    pass: passOf(plan, tables, rule),
    hasLive: false,
    hasHeld: false,
    unknown: 'keep',
    others: 0,
    samples: 10,
    counted: { table: WIDE_TABLE, parts, hasKeys: true },
  };
  pool.setJob('preview', job as unknown as PassJob);
  const startedAt = performance.now();
  let firstSeconds = 0;
  let matched = 0;
  const seen = new Map<Move, number>();
  const shards = spread(parts);
  const order = shards.values();
  const lane = async (): Promise<void> => {
    for (const shard of order) {
      const enough = MOVES.filter((move) => (seen.get(move) ?? 0) >= job.samples);
      const { matrix, samples } = await run<PreviewCounts>(pool, { kind: 'preview', jobName: 'preview', shard, enough });
      for (const move of MOVES) seen.set(move, (seen.get(move) ?? 0) + samples[move].length);
      firstSeconds ||= (performance.now() - startedAt) / 1000;
      matched += matrix.slice(0, 4).reduce((sum, users) => sum + users, 0);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, lane));
  return { seconds: (performance.now() - startedAt) / 1000, firstSeconds, matched };
}

function passOf(plan: PlanResult, tables: string, rule: NormalRule): PassJob {
  const tag = { tagId: 1, name: 'preview', rule, reads: wholeTablesOf(rule), onlyUsers: [], onlyMatches: [], reason: '', ruleVersion: 1 };
  return {
    runId: 'preview',
    pass: 1,
    location: { kind: 'folder', path: tables },
    businessDate: plan.businessDate,
    clock: CLOCK,
    tables: plan.tables,
    catalog: plan.catalog,
    keyType: plan.keyType,
    cuts: plan.cuts,
    users: { kind: 'all' },
    tags: [tag],
  };
}

function poolOf(directory: string): WorkerPool {
  const setup = {
    connections: { sink: { kind: 'manager' as const } },
    spoolDir: join(directory, 'spool'),
    cacheDir: join(directory, 'cache'),
    memoryBytes: 512 * MEBIBYTE,
    threads: 1,
    engine: 'auto' as const,
    spoolBytes: 64 * 1024 * MEBIBYTE,
    cacheBytes: 1024 * MEBIBYTE,
  };
  return new WorkerPool(setup, WORKERS);
}

const run = <Result>(pool: WorkerPool, task: WorkerTask): Promise<Result> =>
  new Promise((resolve, reject) => {
    const failed = ({ code, message }: { code: string; message: string }): void => reject(new Error(`${code}: ${message}`));
    pool.run(task, { done: (result) => resolve(result as Result), failed });
  });
