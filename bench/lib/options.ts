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
  /** Instances in memory, and events of shards behind their snapshot. */
  readonly nodes: number;
  readonly events: number;
  /** `latency`: how long loads last, and how long idle executors are watched. */
  readonly seconds: number;
  readonly idleSeconds: number;
  /** `noop`: beside job queues. */
  readonly peers: boolean;
  /** Sizes at which a benchmark ends in seconds: shows that it still runs, measures nothing. */
  readonly tiny: boolean;
  /** Only these, all when empty: `tagmill` and the names of its peers. */
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
  noop    shards that do nothing through gRPC over TLS and the journal
  merge   the merge alone beside LOAD DATA
  latency ready to handler, hops, pauses of the loop, loss of an executor, idle executors
  resident  memory, snapshot and restart of a million instances
  commit  a batch in the journal beside the disk's own write and flush
  restart a manager killed in the middle of a day, and a rolling step, to the next dispatch
  rules   300 rules beside the same as SQL, and 8 to 1,000 tags over the same table
  analyst  the check of a rule of 200 conditions, and the preview of one condition beside a count in DuckDB
  report  only writes docs/benchmarks.md anew from bench/results

  --users N      users of the tables (100000); rules is meant for 10000000
  --rounds N     times that each is measured, interleaved (5)
  --peer-rounds N  rounds in which PySpark takes part (as many)
  --staged-rounds N  rounds in which it loads an empty table through a staging table too (as many)
  --shards N     noop: shards of a round (2000000)
  --peers        noop: beside graphile-worker (a fifth as many jobs) and BullMQ (a twentieth), four worker processes each
  --nodes N      resident, latency: instances (1000000)
  --events N     resident: shard events behind the snapshot (4000000)
  --seconds N    latency: how long each load lasts (15)
  --idle-seconds N  latency: how long idle executors are watched (120)
  --sinks LIST   job: mariadb,sqlite
  --only LIST    job: of tagmill, pyspark, pyspark-staged, load-data, duckdb-sql;
                 noop --peers: of tagmill, graphile-worker, bullmq-everysec, bullmq-always;
                 rules: of tagmill, tagmill-sql, duckdb-hoisted, duckdb-case, duckdb-case-matched, sizes;
                 latency: of ready, hops, pauses, failover, idle
  --no-peers     job: without PySpark (bench/peers/setup.sh installs it, and the npm packages of the job queues)
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
      nodes: { type: 'string', default: '1000000' },
      events: { type: 'string', default: '4000000' },
      sinks: { type: 'string', default: 'mariadb,sqlite' },
      only: { type: 'string', default: '' },
      seconds: { type: 'string', default: '15' },
      'idle-seconds': { type: 'string', default: '120' },
      peers: { type: 'boolean', default: false },
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
    nodes: tiny ? 20_000 : whole(values.nodes),
    events: tiny ? 40_000 : whole(values.events),
    seconds: whole(values.seconds),
    idleSeconds: whole(values['idle-seconds']),
    peers: values.peers && !tiny,
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
