/** Options of every benchmark. */
import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly users: number;
  readonly rounds: number;
  /** Rounds in which PySpark takes part: it is by far the slowest. */
  readonly peerRounds: number;
  /** Rounds in which it also loads an empty table through a staging table. */
  readonly stagedRounds: number;
  readonly shards: number;
  /** Sizes at which a benchmark ends in seconds: shows that it still runs, measures nothing. */
  readonly tiny: boolean;
  /** Only these, all when empty: `tagmill`, `pyspark`, `pyspark-staged`, `load-data`, `duckdb-sql`. */
  readonly only: readonly string[];
  /** Only these sinks. */
  readonly sinks: readonly string[];
  /** Keeps the results in bench/results and writes docs/benchmarks.md. */
  readonly write: boolean;
  /** Adds to results that are there instead of starting anew. */
  readonly append: boolean;
}

export const USAGE = `npm run bench -- NAME [options]

  job     whole job beside PySpark, hand-written SQL and LOAD DATA
  noop    shards that do nothing through gRPC and the journal
  merge   the merge alone beside LOAD DATA
  report  only writes docs/benchmarks.md anew from bench/results

  --users N      users of the sample tables (100000)
  --rounds N     times that each is measured, interleaved (5)
  --peer-rounds N  rounds in which PySpark takes part (as many)
  --staged-rounds N  rounds in which it loads an empty table through a staging table too (as many)
  --shards N     noop: shards of a round (2000000)
  --sinks LIST   job: mariadb,sqlite
  --only LIST    job: of tagmill, pyspark, pyspark-staged, load-data, duckdb-sql
  --no-peers     without PySpark (bench/peers/setup.sh installs it)
  --tiny         smallest sizes, one round, no peers
  --write        keep results in bench/results and write docs/benchmarks.md
  --append       add rounds to the results that are there`;

/** Throws TypeError for what it does not know. */
export function readOptions(args: readonly string[]): { readonly name: string; readonly options: BenchOptions } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      users: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '5' },
      'peer-rounds': { type: 'string' },
      'staged-rounds': { type: 'string' },
      shards: { type: 'string', default: '2000000' },
      sinks: { type: 'string', default: 'mariadb,sqlite' },
      only: { type: 'string', default: '' },
      'no-peers': { type: 'boolean', default: false },
      tiny: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      append: { type: 'boolean', default: false },
    },
  });
  const { tiny } = values;
  const options = {
    users: tiny ? 2_000 : whole(values.users),
    rounds: tiny ? 1 : whole(values.rounds),
    peerRounds: tiny || values['no-peers'] ? 0 : wholeOrNone(values['peer-rounds'] ?? values.rounds),
    stagedRounds: tiny || values['no-peers'] ? 0 : wholeOrNone(values['staged-rounds'] ?? values['peer-rounds'] ?? values.rounds),
    shards: tiny ? 20_000 : whole(values.shards),
    tiny,
    only: values.only === '' ? [] : values.only.split(','),
    sinks: values.sinks.split(','),
    write: values.write && !tiny,
    append: values.append,
  };
  return { name: positionals[0] ?? '', options };
}

const wholeOrNone = (text: string): number => (text === '0' ? 0 : whole(text));

function whole(text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isInteger(value) || value < 1) throw new TypeError(`${text} is no whole number above 0`);
  return value;
}
