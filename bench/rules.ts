/**
 * Evaluation of many rules over one wide table, by the product's own workers,
 * beside the same rules as SQL; and what more tags cost on the same data.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluateResult, PassJob, PlanResult } from '@tagmill/shared/job';
import { RULE_ENGINES, type RuleEngine } from '@tagmill/shared/rule-engine';
import { checkRule } from '@tagmill/shared/rules/check';
import { makeClock } from '@tagmill/shared/rules/clock';
import { tablesOf } from '@tagmill/shared/rules/reads';
import type { NormalRule } from '@tagmill/shared/rules/normal';
import { WorkerPool } from '../packages/executor/src/worker/pool.ts';
import type { WorkerTask } from '../packages/executor/src/worker/messages.ts';
import type { BenchOptions } from './lib/options.ts';
import { Results } from './lib/results.ts';
import { BUSINESS_DATE, DATA } from './lib/sample.ts';
import { timeCommand } from './lib/timed-command.ts';
import { type RuleJson, sharedRules, wideRules } from './lib/wide-rules.ts';
import { wideTable } from './lib/wide-table.ts';
import type { CheckedRules } from './peers/rule-sql.ts';

const PEER = join(import.meta.dirname, 'peers', 'rule-sql.ts');
const WORKERS = 2;
const MEBIBYTE = 1024 * 1024;
const SHARD_ROWS = 250_000;
/** Rules beside the peers, and their conditions; where they share them, in how many rules each is. */
const RULES = 300;
const LEAVES = 1_000;
const TIMES = 3;
const TAGS = [8, 100, 300, 1_000];
const CLOCK = makeClock({ businessDate: BUSINESS_DATE, zone: 'Asia/Shanghai' });

interface Bench {
  readonly options: BenchOptions;
  readonly results: Results;
  readonly tables: string;
  readonly directory: string;
  readonly pools: Map<RuleEngine, WorkerPool>;
  readonly plan: PlanResult;
}

/** Each round measures everybody once. */
export async function benchRules(options: BenchOptions): Promise<void> {
  mkdirSync(DATA, { recursive: true });
  const directory = mkdtempSync(join(DATA, 'rules-'));
  const tables = await wideTable(options.users);
  const pools = new Map<RuleEngine, WorkerPool>(RULE_ENGINES.map((engine) => [engine, poolOf(directory, engine)]));
  try {
    const plan = await planOf(pools.get('auto')!, tables);
    const bench: Bench = { options, results: new Results('rules', options), tables, directory, pools, plan };
    const [count, leaves] = options.tiny ? [20, 60] : [RULES, LEAVES];
    const own = writeRules(bench, 'own', wideRules(count, leaves), `of ${leaves} conditions`);
    const shared = writeRules(bench, 'shared', sharedRules(count, leaves, TIMES), `of ${leaves} conditions, each in ${TIMES} of them`);
    const steps = [...stepsOf(bench, own), ...stepsOf(bench, shared), ...sizeSteps(bench)];
    for (let round = 0; round < options.rounds; round += 1) {
      for (const [name, step] of round % 2 === 0 ? steps : steps.toReversed()) {
        if (options.only.length === 0 || options.only.includes(name)) await step();
      }
    }
  } finally {
    await Promise.all([...pools.values()].map((pool) => pool.close()));
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The numbers of matched users must be the same, whoever counts. */
function stepsOf(bench: Bench, { rules, file, words }: RuleSet): Step[] {
  const work = `${rules.length} rules ${words} over ${bench.options.users} users`;
  let right: string | undefined;
  const agree = (who: string, matched: readonly number[]): void => {
    right ??= JSON.stringify(matched);
    if (JSON.stringify(matched) !== right) throw new Error(`${who} matches other numbers of users than those before`);
  };
  const peer = (form: string) => async (): Promise<void> => {
    const { stdout } = await timeCommand(process.execPath, [PEER, form, bench.tables, file]);
    const { seconds, matched } = JSON.parse(stdout) as { readonly seconds: number; readonly matched: readonly number[] };
    agree(form, matched);
    await bench.results.add({ subject: `duckdb-${form}`, work, unit: 's', value: seconds });
  };
  const ours = (engine: RuleEngine) => async (): Promise<void> => {
    const { seconds, matched } = await evaluate(bench, rules, engine);
    agree(engine, matched);
    await bench.results.add({ subject: engine === 'auto' ? 'tagmill' : `tagmill-${engine}`, work, unit: 's', value: seconds });
  };
  return [
    ['tagmill', ours('auto')],
    ['tagmill-sql', ours('sql')],
    ['duckdb-hoisted', peer('hoisted')],
    ['duckdb-case', peer('case')],
    ['duckdb-case-matched', peer('case-matched')],
  ];
}

type Step = readonly [string, () => Promise<void>];

const sizeSteps = (bench: Bench): Step[] =>
  (bench.options.tiny ? TAGS.slice(0, 1) : TAGS).map((size) => ['sizes', () => moreTags(bench, size)] as const);

/** Rules of about as many conditions each as those beside the peers. */
async function moreTags(bench: Bench, size: number): Promise<void> {
  const rules = checkAll(bench.plan, wideRules(size, Math.round((size * LEAVES) / RULES)));
  const { seconds, matched } = await evaluate(bench, rules, 'auto');
  if (matched.length !== size) throw new Error(`${matched.length} tags were evaluated, not ${size}`);
  const work = (tags: number): string => `${tags} tags over ${bench.options.users} users`;
  await bench.results.add({ subject: 'tagmill', work: work(size), unit: 's', value: seconds });
  const [few, many] = [Math.min(...TAGS), Math.max(...TAGS)];
  if (size === few) await bench.results.add({ subject: `tagmill-${few}-tags`, work: work(many), unit: 's', value: seconds });
}

function checkAll(plan: PlanResult, written: readonly RuleJson[]): NormalRule[] {
  return written.map((json) => {
    const { rule, errors } = checkRule(JSON.stringify(json), plan.catalog);
    if (rule === null) throw new Error(`${JSON.stringify(json)}: ${errors[0]?.message ?? ''}`);
    return rule;
  });
}

interface RuleSet {
  readonly rules: readonly NormalRule[];
  readonly file: string;
  readonly words: string;
}

function writeRules({ plan, directory }: Bench, name: string, written: readonly RuleJson[], words: string): RuleSet {
  const rules = checkAll(plan, written);
  const file = join(directory, `${name}.json`);
  writeFileSync(file, JSON.stringify({ rules, clock: CLOCK } satisfies CheckedRules));
  return { rules, file, words };
}

/** Processes as an executor has them, one shard at a time each. */
function poolOf(directory: string, engine: RuleEngine): WorkerPool {
  const setup = {
    connections: { sink: { kind: 'manager' as const } },
    spoolDir: join(directory, `spool-${engine}`),
    cacheDir: join(directory, 'cache'),
    memoryBytes: 512 * MEBIBYTE,
    threads: 1,
    engine,
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

const planOf = (pool: WorkerPool, tables: string): Promise<PlanResult> =>
  run(pool, {
    kind: 'plan',
    request: { tables: { kind: 'folder', path: tables }, businessDate: BUSINESS_DATE, shardRows: SHARD_ROWS },
  });

let passes = 0;

/** All shards, to pieces on the disk; the workers are up and have each done one shard before. */
async function evaluate(bench: Bench, rules: readonly NormalRule[], engine: RuleEngine): Promise<{ seconds: number; matched: number[] }> {
  const pool = bench.pools.get(engine)!;
  passes += 1;
  const name = `pass-${passes}`;
  pool.setJob(name, jobOf(bench, rules, passes));
  const shards = Array.from({ length: bench.plan.cuts.length + 1 }, (_, shard) => shard);
  const one = (shard: number): Promise<EvaluateResult> => run(pool, { kind: 'evaluate', jobName: name, shard });
  await Promise.all(shards.slice(0, WORKERS).map(one));
  const startedAt = performance.now();
  const found = await Promise.all(shards.map(one));
  const seconds = (performance.now() - startedAt) / 1000;
  pool.forgetJob(name);
  rmSync(join(bench.directory, `spool-${engine}`), { recursive: true, force: true });
  return { seconds, matched: rules.map((_, tag) => found.reduce((sum, shard) => sum + shard.tags[tag]!.matched, 0)) };
}

function jobOf({ plan, tables }: Bench, rules: readonly NormalRule[], pass: number): PassJob {
  return {
    runId: 'bench',
    pass,
    location: { kind: 'folder', path: tables },
    businessDate: plan.businessDate,
    clock: CLOCK,
    tables: plan.tables,
    catalog: plan.catalog,
    keyType: plan.keyType,
    cuts: plan.cuts,
    users: { kind: 'all' },
    tags: rules.map((rule, at) => ({
      tagId: at + 1,
      name: `tag ${at + 1}`,
      rule,
      reads: tablesOf(rule),
      onlyUsers: [],
      onlyMatches: [],
      reason: '',
      ruleVersion: 1,
    })),
  };
}
