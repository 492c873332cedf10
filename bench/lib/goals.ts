/** The figures that the benchmarks are held against. */
export interface Goal {
  /** For people. */
  readonly text: string;
  readonly work: string;
  /** Absent: an absolute figure. */
  readonly peer?: string;
  /** `faster`: peer's time over ours, at least; `times`: ours over the peer's, at most; `rate`: at least. */
  readonly kind: 'faster' | 'times' | 'rate';
  readonly bound: number;
}

export const GOALS: readonly Goal[] = [
  {
    text: 'whole job, 100,000 users into an empty MariaDB table, beside PySpark',
    work: 'first load of 100000 users into mariadb',
    peer: 'pyspark',
    kind: 'faster',
    bound: 8,
  },
  {
    text: 'whole job, 100,000 users again, beside PySpark',
    work: 'repeated run of 100000 users on mariadb',
    peer: 'pyspark',
    kind: 'faster',
    bound: 8,
  },
  {
    text: 'whole job, 10 M users into an empty MariaDB table, beside PySpark',
    work: 'first load of 10000000 users into mariadb',
    peer: 'pyspark',
    kind: 'faster',
    bound: 2.5,
  },
  {
    text: 'the same beside LOAD DATA of the same rows',
    work: 'first load of 10000000 users into mariadb',
    peer: 'load-data',
    kind: 'times',
    bound: 1.5,
  },
  {
    text: 'whole job, 10 M users again, beside PySpark, which writes all rows again',
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
  { text: 'no-op shards a second, 1 executor', work: 'no-op shards, 1 executor', kind: 'rate', bound: 150_000 },
  { text: 'no-op shards a second, 2 executors', work: 'no-op shards, 2 executors', kind: 'rate', bound: 150_000 },
  { text: 'no-op shards a second, 4 executors', work: 'no-op shards, 4 executors', kind: 'rate', bound: 150_000 },
];
