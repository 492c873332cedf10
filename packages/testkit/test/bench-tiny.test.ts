/** A benchmark is not a test, but each must still run: once, at its smallest. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { mariadbIsInstalled } from '../src/mariadb.ts';

const run = promisify(execFile);
const RUNNER = fileURLToPath(new URL('../../../bench/run.ts', import.meta.url));

async function bench(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [RUNNER, ...args, '--tiny']);
  return stdout;
}

describe('benchmarks at their smallest', () => {
  it('noop: shards through gRPC over TLS and the journal', async () => {
    expect(await bench('noop')).toMatch(/^tagmill: no-op shards over TLS, 2 executors: [\d,]+ a second/m);
  });

  it('resident: memory, snapshot and restart', async () => {
    const words = await bench('resident');
    expect(words).toMatch(/^tagmill: memory of one of 20000 instances: \d+ bytes/m);
    expect(words).toMatch(/^tagmill: restart of 20000 instances, 40000 shard events behind their snapshot: [\d.]+ s/m);
  });

  it('restart: killed in the middle of a day, and a rolling step', async () => {
    const words = await bench('restart');
    expect(words).toMatch(/^tagmill: killed, restart with 20 instances, process start to first dispatch: [\d.]+ s/m);
    expect(words).toMatch(/^tagmill: rolling step, SIGTERM to first dispatch of the next manager: [\d.]+ s/m);
  });

  it('latency: probes in manager and workers', async () => {
    const words = await bench('latency', '--only', 'ready,hops,pauses');
    expect(words).toMatch(/^tagmill: ready to handler at [^\n]*, half of all: [\d.,]+ ms/m);
    expect(words).toMatch(/^tagmill: hop along a chain, result in the journal: [\d.,]+ ms/m);
    expect(words).toMatch(/^tagmill: longest pause of the loop, [^\n]*, while snapshots are made: [\d.,]+ ms/m);
  });

  it('latency: an executor is lost; many do nothing', async () => {
    const words = await bench('latency', '--only', 'failover,idle');
    expect(words).toMatch(/^tagmill: executor killed to its shards running elsewhere: [\d.]+ s/m);
    expect(words).toMatch(/^tagmill: memory of the manager for 20 idle executors: [\d,]+ bytes/m);
  });

  it('rules: every engine and peer matches the same users', async () => {
    const words = await bench('rules');
    expect(words).toMatch(/^tagmill: 20 rules of 60 conditions over 2000 users: [\d.]+ s/m);
    expect(words).toMatch(/^duckdb-hoisted: 20 rules of 60 conditions, each in 3 of them over 2000 users: [\d.]+ s/m);
    expect(words).toMatch(/^tagmill: 8 tags over 2000 users: [\d.]+ s/m);
  });

  it('job: SQLite and hand-written SQL', async () => {
    const words = await bench('job', '--sinks', 'sqlite');
    expect(words).toMatch(/^tagmill: first load of 2000 users into sqlite: [\d.]+ s/m);
    expect(words).toMatch(/^tagmill: repeated run of 2000 users on sqlite: [\d.]+ s/m);
    expect(words).toMatch(/^duckdb-sql: evaluation of 2000 users: [\d.]+ s/m);
  });

  it.runIf(mariadbIsInstalled())('job: MariaDB beside LOAD DATA', async () => {
    const words = await bench('job', '--sinks', 'mariadb');
    expect(words).toMatch(/^tagmill: first load of 2000 users into mariadb: [\d.]+ s/m);
    expect(words).toMatch(/^load-data: first load of 2000 users into mariadb: [\d.]+ s/m);
  });

  it.runIf(mariadbIsInstalled())('merge: beside LOAD DATA', async () => {
    expect(await bench('merge')).toMatch(/^load-data: merge alone of 2000 users into mariadb, first: [\d.]+ s/m);
  });

  it('analyst: the check of a large rule, the preview of a small one', async () => {
    const words = await bench('analyst');
    expect(words).toMatch(/^tagmill: check of a rule of 200 conditions, 99 of 100 within: [\d.]+ ms/m);
    expect(words).toMatch(/^tagmill: exact count of a rule of one condition over \d+ users: [\d.]+ s/m);
  });
});
