/** The figures that the benchmarks are held against. */
import type { Unit } from './results.ts';

export interface Goal {
  /** For people. */
  readonly text: string;
  readonly work: string;
  /** Absent: an absolute figure. */
  readonly peer?: string;
  /**
   * `faster`: peer's time over ours, or our rate over the peer's, at least; `times`: our time over the peer's, at most;
   * `rate`: at least; `most`: at most.
   */
  readonly kind: 'faster' | 'times' | 'rate' | 'most';
  readonly bound: number;
  /** Of `most`: that of the measurement, or of the detail. */
  readonly unit?: Unit | 'µs';
  /** The figure is this detail of the measurements instead of their value. */
  readonly detail?: string;
}

const STAGED = 'beside PySpark through a staging table';
const APPENDING = 'beside PySpark that appends to the empty table directly';
const SMALL = 'first load of 100000 users into mariadb';
const LARGE = 'first load of 10000000 users into mariadb';
/** What job queues are compared by. */
export const BESIDE = 'jobs that do nothing, 4 worker processes';
const beside = (peer: string, bound: number): Goal => ({
  text: `jobs that do nothing beside ${peer}`,
  work: BESIDE,
  peer,
  kind: 'faster',
  bound,
});

const ready = (shards: number): string =>
  `ready to handler at 250000 a second in runs of ${shards}, 1000000 instances resident, snapshots running`;
const pause = 'longest pause of the loop, 50000 shards a second beside 1000000 instances';
const most = (text: string, work: string, bound: number, unit: 'ms' | 's' | 'bytes'): Goal => ({ text, work, kind: 'most', bound, unit });

const OWN = '300 rules of 1000 conditions over 10000000 users';
const SHARED = '300 rules of 1000 conditions, each in 3 of them over 10000000 users';
const rules = (work: string, words: string, peer: string, bound: number): Goal => ({
  text: `300 rules of 1,000 conditions over 10 M users${words} ${peer === 'duckdb-case' ? 'one CASE for each in DuckDB' : 'conditions hoisted by hand in DuckDB'}`,
  work,
  peer,
  kind: 'faster',
  bound,
});

export const GOALS: readonly Goal[] = [
  { text: `100,000 users into an empty MariaDB table ${STAGED}`, work: SMALL, peer: 'pyspark-staged', kind: 'faster', bound: 8 },
  { text: `100,000 users into an empty MariaDB table ${APPENDING}`, work: SMALL, peer: 'pyspark', kind: 'faster', bound: 8 },
  {
    text: '100,000 users again, beside PySpark',
    work: 'repeated run of 100000 users on mariadb',
    peer: 'pyspark',
    kind: 'faster',
    bound: 8,
  },
  { text: `10 M users into an empty MariaDB table ${STAGED}`, work: LARGE, peer: 'pyspark-staged', kind: 'faster', bound: 2.5 },
  { text: `10 M users into an empty MariaDB table ${APPENDING}`, work: LARGE, peer: 'pyspark', kind: 'faster', bound: 2.5 },
  {
    text: '10 M users into an empty MariaDB table, the whole job, beside LOAD DATA of the same rows',
    work: LARGE,
    peer: 'load-data',
    kind: 'times',
    bound: 1.5,
  },
  {
    text: '10 M users again, beside PySpark, which writes all rows again',
    work: 'repeated run of 10000000 users on mariadb',
    peer: 'pyspark',
    kind: 'faster',
    bound: 8,
  },
  {
    text: 'evaluation of 10 M users beside hand-written DuckDB SQL',
    work: 'evaluation of 10000000 users',
    peer: 'duckdb-sql',
    kind: 'times',
    bound: 1.3,
  },
  rules(OWN, ', beside', 'duckdb-case', 5),
  rules(OWN, ', beside', 'duckdb-hoisted', 2),
  rules(SHARED, ', each in three rules, beside', 'duckdb-case', 5),
  rules(SHARED, ', each in three rules, beside', 'duckdb-hoisted', 2),
  {
    text: '1,000 tags over 10 M users beside 8 over the same',
    work: '1000 tags over 10000000 users',
    peer: 'tagmill-8-tags',
    kind: 'times',
    bound: 3,
  },
  {
    text: 'shards that do nothing, over TLS, 4 executors, all journaled, from submit to last confirm',
    work: BESIDE,
    kind: 'rate',
    bound: 500_000,
  },
  { text: 'the same, CPU of all processes for one shard', work: BESIDE, kind: 'most', bound: 4, unit: 'µs', detail: 'cpuMicrosPerShard' },
  beside('graphile-worker', 8),
  beside('bullmq-everysec', 30),
  beside('bullmq-always', 30),
  most('from ready to the handler at 250,000 a second in runs of 500, half of all', `${ready(500)}, half of all`, 0.5, 'ms'),
  most('the same, 99 of 100', `${ready(500)}, 99 of 100`, 5, 'ms'),
  most('from ready to the handler at 250,000 a second in bursts of 2,500, half of all', `${ready(2_500)}, half of all`, 0.5, 'ms'),
  most('the same, 99 of 100', `${ready(2_500)}, 99 of 100`, 5, 'ms'),
  most('a hop along a chain, result in the journal', 'hop along a chain, result in the journal', 1.5, 'ms'),
  most('longest pause of the loop while a million instances are written to a snapshot', `${pause}, while snapshots are made`, 5, 'ms'),
  most('an executor is killed, its shards run elsewhere', 'executor killed to its shards running elsewhere', 1, 's'),
  most('an executor is frozen, its shards run elsewhere', 'executor frozen to its shards running elsewhere', 12, 's'),
  {
    text: 'memory of one of a million instances, without the text of its name',
    work: 'memory of one of 1000000 instances',
    kind: 'most',
    bound: 120,
    unit: 'bytes',
  },
  most(
    'kill -9 in a day of 1,000 instances: from the start of the process to the first dispatch',
    'killed, restart with 1000 instances, process start to first dispatch',
    1,
    's',
  ),
  most(
    'a rolling step: from SIGTERM to the first dispatch of the next manager',
    'rolling step, SIGTERM to first dispatch of the next manager',
    2,
    's',
  ),
  {
    text: 'a million instances and 4 million shard events behind their snapshot: read, replayed, first dispatch',
    work: 'restart of 1000000 instances, 4000000 shard events behind their snapshot',
    kind: 'most',
    bound: 2,
    unit: 's',
  },
];
