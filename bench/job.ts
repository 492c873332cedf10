/**
 * The whole job, from process start to process end: three Parquet tables, eight
 * rules, user_tags of a database; into an empty table and again over what is
 * there. Beside it PySpark doing the same, the evaluation written by hand for
 * DuckDB, and LOAD DATA of the rows that the job writes.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchOptions } from './lib/options.ts';
import { Results } from './lib/results.ts';
import { BUSINESS_DATE, DATA, sampleTables, writeRules } from './lib/sample.ts';
import { timeTaskAll, type TimedRun } from './lib/tagmill.ts';
import { type MariadbTarget, mariadbTarget, sqliteTarget, type Target } from './lib/targets.ts';
import { timeCommand } from './lib/timed-command.ts';
import { rowsFile, timeLoadData } from './peers/load-data.ts';
import { timePyspark } from './peers/pyspark.ts';

const HAND_SQL = join(import.meta.dirname, 'peers', 'hand-sql.ts');
/** Of rows that all must agree on. */
const FINGERPRINT = 'SELECT COUNT(*), SUM(CRC32(CONCAT(user_id, tag_ids))) FROM user_tags';

interface Bench {
  readonly options: BenchOptions;
  readonly results: Results;
  readonly tables: string;
  readonly directory: string;
  rowsFile: string | undefined;
  /** What the first that wrote into MariaDB left there. */
  fingerprint: string | undefined;
  /** Who has been compared with it: everybody once, since it takes long. */
  readonly compared: Set<string>;
}

/** Each round measures everybody once; who begins changes from round to round. */
export async function benchJob(options: BenchOptions): Promise<void> {
  mkdirSync(DATA, { recursive: true });
  const directory = mkdtempSync(join(DATA, 'job-'));
  const targets: Target[] = [];
  try {
    const rules = join(directory, 'rules.json');
    writeRules(rules);
    const results = new Results(`job-${options.users}`, options);
    const bench: Bench = {
      options,
      results,
      tables: await sampleTables(options.users),
      directory,
      rowsFile: undefined,
      fingerprint: undefined,
      compared: new Set(),
    };
    if (options.sinks.includes('mariadb')) targets.push(await mariadbTarget(rules, options.tiny));
    if (options.sinks.includes('sqlite')) targets.push(await sqliteTarget(directory, rules));
    for (let round = 0; round < options.rounds; round += 1) {
      for (const target of targets) await oneRound(bench, target, round);
      if (options.only.length === 0 || options.only.includes('duckdb-sql')) await handSql(bench);
    }
  } finally {
    for (const target of targets) await target.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function oneRound(bench: Bench, target: Target, round: number): Promise<void> {
  const { only, peerRounds, stagedRounds } = bench.options;
  const steps: (readonly [string, () => Promise<void>])[] = [['tagmill', () => tagmillTwice(bench, target)]];
  if (isMariadb(target)) {
    if (round < peerRounds) steps.push(['pyspark', () => pysparkTwice(bench, target)]);
    if (round < stagedRounds) steps.push(['pyspark-staged', () => pysparkStaged(bench, target)]);
    if (round % 2 === 1) steps.reverse();
    steps.push(['load-data', () => loadData(bench, target)]);
  }
  for (const [name, step] of steps) if (only.length === 0 || only.includes(name)) await step();
}

const isMariadb = (target: Target): target is MariadbTarget => target.name === 'mariadb';
const firstLoad = (bench: Bench, target: Target): string => `first load of ${bench.options.users} users into ${target.name}`;
const repeatedRun = (bench: Bench, target: Target): string => `repeated run of ${bench.options.users} users on ${target.name}`;

async function tagmillTwice(bench: Bench, target: Target): Promise<void> {
  await target.clear();
  await target.settle();
  const first = await timeTaskAll(target.url, bench.tables);
  await keep(bench, firstLoad(bench, target), first);
  await bench.results.add({
    subject: 'tagmill',
    work: `evaluation of ${bench.options.users} users`,
    unit: 's',
    value: first.report.duration_ms.evaluate / 1000,
  });
  if (isMariadb(target)) await check(bench, target, 'Tagmill');
  await target.settle();
  const again = await timeTaskAll(target.url, bench.tables);
  const { inserted, updated } = again.report.users;
  if (inserted + updated !== 0) throw new Error(`a repeated run changed ${inserted + updated} rows`);
  await keep(bench, repeatedRun(bench, target), again);
  if (isMariadb(target)) bench.rowsFile ??= await rowsFile(target, bench.options.users);
}

const keep = (bench: Bench, work: string, run: TimedRun): Promise<void> =>
  bench.results.add({
    subject: 'tagmill',
    work,
    unit: 's',
    value: run.seconds,
    details: {
      planMs: run.report.duration_ms.plan,
      evaluateMs: run.report.duration_ms.evaluate,
      mergeMs: run.report.duration_ms.merge,
      executorPeakBytes: run.peaks.executorBytes,
      executorWithFilesPeakBytes: run.peaks.executorWithFilesBytes,
      allPeakBytes: run.peaks.allBytes,
    },
  });

async function pysparkTwice(bench: Bench, target: MariadbTarget): Promise<void> {
  await target.clear();
  for (const work of [firstLoad(bench, target), repeatedRun(bench, target)]) {
    await target.settle();
    const { seconds, startSeconds, workSeconds, peaks } = await timePyspark(target, bench.tables);
    await bench.results.add({
      subject: 'pyspark',
      work,
      unit: 's',
      value: seconds,
      details: { startMs: startSeconds * 1000, workMs: workSeconds * 1000, allPeakBytes: peaks.allBytes },
    });
    await check(bench, target, `PySpark, ${work}`);
  }
}

/** The first load as an ordinary job does it, by the same path as every other run. */
async function pysparkStaged(bench: Bench, target: MariadbTarget): Promise<void> {
  await target.clear();
  await target.settle();
  const { seconds, startSeconds, workSeconds } = await timePyspark(target, bench.tables, true);
  await bench.results.add({
    subject: 'pyspark-staged',
    work: firstLoad(bench, target),
    unit: 's',
    value: seconds,
    details: { startMs: startSeconds * 1000, workMs: workSeconds * 1000 },
  });
  await check(bench, target, 'PySpark, staged');
}

/** Everybody must have left the same tags. */
async function check(bench: Bench, target: MariadbTarget, who: string): Promise<void> {
  if (bench.compared.has(who)) return;
  bench.compared.add(who);
  const found = await target.sql(FINGERPRINT);
  bench.fingerprint ??= found;
  if (found !== bench.fingerprint)
    throw new Error(`${who} wrote other tags than those before it: ${found} instead of ${bench.fingerprint}`);
}

async function loadData(bench: Bench, target: MariadbTarget): Promise<void> {
  if (bench.rowsFile === undefined) throw new Error('there are no rows to load yet');
  await target.clear();
  await target.settle();
  const seconds = await timeLoadData(target, bench.rowsFile);
  await bench.results.add({ subject: 'load-data', work: firstLoad(bench, target), unit: 's', value: seconds });
  await check(bench, target, 'LOAD DATA');
  await target.clear();
}

async function handSql(bench: Bench): Promise<void> {
  const { stdout } = await timeCommand(process.execPath, [HAND_SQL, bench.tables, BUSINESS_DATE]);
  const { seconds } = JSON.parse(stdout) as { readonly seconds: number };
  await bench.results.add({ subject: 'duckdb-sql', work: `evaluation of ${bench.options.users} users`, unit: 's', value: seconds });
}
