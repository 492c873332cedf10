/** The figures that the benchmarks are held against. */
export interface Goal {
  /** For people. */
  readonly text: string;
  readonly work: string;
  /** Absent: an absolute figure. */
  readonly peer?: string;
  /** `faster`: peer's time over ours, at least; `times`: ours over the peer's, at most; `rate`: at least; `most`: at most. */
  readonly kind: 'faster' | 'times' | 'rate' | 'most';
  readonly bound: number;
  /** Of `most`: that of the measurement. */
  readonly unit?: 's' | 'bytes';
}

const STAGED = 'beside PySpark through a staging table';
const APPENDING = 'beside PySpark that appends to the empty table directly';
const SMALL = 'first load of 100000 users into mariadb';
const LARGE = 'first load of 10000000 users into mariadb';
const noop = (executors: string): Goal => ({
  text: `no-op shards, ${executors}`,
  work: `no-op shards, ${executors}`,
  kind: 'rate',
  bound: 150_000,
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
  noop('1 executor'),
  noop('2 executors'),
  noop('4 executors'),
  {
    text: 'memory of one of a million instances, without the text of its name',
    work: 'memory of one of 1000000 instances',
    kind: 'most',
    bound: 120,
    unit: 'bytes',
  },
  {
    text: 'a million instances and 4 million shard events behind their snapshot: read, replayed, first dispatch',
    work: 'restart of 1000000 instances, 4000000 shard events behind their snapshot',
    kind: 'most',
    bound: 2,
    unit: 's',
  },
];
