/**
 * Faults in the middle of a run of 200 shards, with real processes and a real
 * database: each gives sentences about what went wrong, none when the result
 * equals the oracle and every effect was applied once. The seed chooses where
 * in the run the fault strikes, and how.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Prng } from '@tagmill/shared/prng';
import type { RunReport } from '@tagmill/shared/api/report';
import type { MariadbServer } from '../mariadb.ts';
import { until } from './command.ts';
import { appliedOnce, reportIsRight } from './exactly-once.ts';
import { descendants, Fleet, LEASE_MS } from './fleet.ts';
import { type After, differences, rowsAfter, type StoredRow } from './oracle.ts';
import { mariadbTarget, type SqliteTargets, type Target } from './target.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

export interface FaultPlaces {
  readonly mariadb: MariadbServer;
  readonly sqlite: SqliteTargets;
}

export interface FaultWorld {
  readonly fleet: Fleet;
  readonly target: Target;
  readonly prng: Prng;
  readonly runId: string;
  /** Between executor `one` and the manager. */
  readonly proxy: TcpProxy;
  readonly mariadb: MariadbServer;
}

export type Sink = 'mariadb' | 'sqlite';

export interface FaultCase {
  readonly name: string;
  readonly sinks: readonly Sink[];
  /** What is done to the run; it goes on by itself afterwards. */
  readonly strike: (world: FaultWorld) => Promise<void>;
}

const SHARDS = 200;

/** Somewhere in the run: a step and a number of its shards that are done. */
async function somewhere({ fleet, prng, runId }: FaultWorld, step = prng.pick(['evaluate', 'merge'] as const)): Promise<void> {
  await fleet.reached(runId, step, prng.between(2, (SHARDS * 3) / 4));
}

const killExecutor: FaultCase = {
  name: 'kill -9 of an executor',
  sinks: ['mariadb', 'sqlite'],
  strike: async (world) => {
    const { fleet, prng } = world;
    await somewhere(world);
    const victim = fleet.executors.get('one')!;
    victim.child.kill('SIGKILL');
    await victim.ended;
    if (prng.chance(0.5)) fleet.startExecutor('one');
  },
};

const killManager: FaultCase = {
  name: 'kill -9 of the manager',
  sinks: ['mariadb', 'sqlite'],
  strike: async (world) => {
    const { fleet } = world;
    await somewhere(world);
    fleet.manager.child.kill('SIGKILL');
    await fleet.manager.ended;
    await fleet.startManager();
  },
};

const freezeExecutor: FaultCase = {
  name: 'SIGSTOP of an executor beyond its lease, then SIGCONT',
  sinks: ['mariadb', 'sqlite'],
  strike: async (world) => {
    const { fleet, prng } = world;
    await somewhere(world);
    const { pid } = fleet.executors.get('one')!;
    // A stopped container freezes the workers too, a debugger only the process itself.
    const pids = prng.chance(0.5) ? [pid, ...descendants(pid)] : [pid];
    for (const one of pids) process.kill(one, 'SIGSTOP');
    await fleet.executorIs('one', ['silent', 'gone']);
    for (const one of pids) process.kill(one, 'SIGCONT');
    await fleet.executorIs('one', ['connected']);
  },
};

const cutConnection: FaultCase = {
  name: 'a cut connection',
  sinks: ['mariadb', 'sqlite'],
  strike: async (world) => {
    for (let cuts = world.prng.between(1, 3); cuts > 0; cuts -= 1) {
      await somewhere(world);
      world.proxy.cut();
      await world.fleet.executorIs('one', ['connected']);
    }
  },
};

const halfOpen: FaultCase = {
  name: 'a connection that goes silent without being closed',
  sinks: ['mariadb', 'sqlite'],
  strike: async (world) => {
    const { fleet, proxy, prng } = world;
    await somewhere(world);
    proxy.silence();
    await fleet.executorIs('one', ['silent', 'gone']);
    proxy.resume(prng.chance(0.5));
    await fleet.executorIs('one', ['connected']);
  },
};

const databaseAway: FaultCase = {
  name: 'the database killed in the middle of a merge and back 10 s later',
  sinks: ['mariadb'],
  strike: async (world) => {
    await somewhere(world, 'merge');
    await world.mariadb.kill();
    // The length of the outage is the case itself.
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    await world.mariadb.restart();
  },
};

const mergeConnectionKilled: FaultCase = {
  name: 'connections of merges killed',
  sinks: ['mariadb'],
  strike: async (world) => {
    const { prng, target, fleet, runId } = world;
    for (const done of [20, 70, 120]) {
      await fleet.reached(runId, 'merge', done + prng.between(0, 30));
      await target.exec(
        'BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR 1094 BEGIN END; FOR one IN (SELECT DISTINCT connection_id AS id FROM tagmill_shard_fence) DO KILL one.id; END FOR; END',
      );
    }
  },
};

const freezeManager: FaultCase = {
  name: 'SIGSTOP of the manager beyond all leases, then SIGCONT',
  sinks: ['mariadb', 'sqlite'],
  strike: async (world) => {
    const { fleet } = world;
    await somewhere(world);
    const { pid } = fleet.manager;
    process.kill(pid, 'SIGSTOP');
    // A frozen manager tells nothing that could be waited for: the length is the case itself.
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS * 1.5));
    process.kill(pid, 'SIGCONT');
    for (const name of fleet.executors.keys()) await fleet.executorIs(name, ['connected']);
  },
};

const comeAndGo: FaultCase = {
  name: 'executors that come and go',
  sinks: ['mariadb', 'sqlite'],
  strike: async (world) => {
    const { fleet, prng } = world;
    for (const name of ['four', 'five']) {
      await somewhere(world);
      fleet.startExecutor(name, { slots: prng.between(1, 3) });
      await fleet.executorIs(name, ['connected']);
      const leaving = fleet.executors.get(prng.pick([...fleet.executors.keys()]))!;
      if (leaving.child.exitCode !== null) continue;
      leaving.child.kill('SIGTERM');
      const { code, stderr } = await leaving.ended;
      if (code !== 0) throw new Error(`an executor that was told to leave ended with ${code ?? leaving.child.signalCode}: ${stderr}`);
    }
  },
};

const oneAfterAnother: FaultCase = {
  name: 'several faults one after another',
  sinks: ['mariadb', 'sqlite'],
  strike: async (world) => {
    for (let more = world.prng.between(2, 4); more > 0; more -= 1) {
      const { state } = await world.fleet.get<{ readonly state: string }>(`/api/v1/runs/${world.runId}`);
      if (state !== 'running') return;
      await world.prng.pick([killManager, freezeManager, freezeExecutor, cutConnection, halfOpen]).strike(world);
    }
  },
};

export const FAULTS: readonly FaultCase[] = [
  oneAfterAnother,
  freezeManager,
  comeAndGo,
  killExecutor,
  killManager,
  freezeExecutor,
  cutConnection,
  halfOpen,
  databaseAway,
  mergeConnectionKilled,
];

let worlds = 0;

export const makeTarget = async (places: FaultPlaces, sink: Sink): Promise<Target> => {
  worlds += 1;
  const target = sink === 'sqlite' ? await places.sqlite.make('before') : await mariadbTarget(places.mariadb, `fault_${worlds}`, 'before');
  await target.watchWrites();
  return target;
};

/** A manager with executors `one` (through the proxy), `two` and, unless it is told otherwise, `three`. */
export async function startFleet(
  target: Target,
  executors = ['two', 'three'],
): Promise<{ readonly fleet: Fleet; readonly proxy: TcpProxy }> {
  const fleet = new Fleet({ databaseUrl: target.url, directory: mkdtempSync(join(tmpdir(), 'tagmill-fleet-')) });
  await fleet.startManager();
  const proxy = await startTcpProxy(fleet.grpc);
  fleet.startExecutor('one', { manager: proxy.address });
  for (const name of executors) fleet.startExecutor(name);
  return { fleet, proxy };
}

/** Runs one case from one seed. */
export async function strikeOnce(places: FaultPlaces, one: FaultCase, sink: Sink, seed: number): Promise<string[]> {
  const prng = new Prng(seed);
  const target = await makeTarget(places, sink);
  const before = await target.rows();
  const { fleet, proxy } = await startFleet(target, prng.chance(0.5) ? ['two'] : ['two', 'three']);
  try {
    const runId = await fleet.createRun({ mode: 'task-all', business_date: '2026-11-22' });
    await one.strike({ fleet, target, prng, runId, proxy, mariadb: places.mariadb });
    const report = await fleet.ended(runId);
    const wrong = await fleet.stop();
    return [...wrong, ...reportIsRight(report), ...(await verdict(target, before, rowsAfter()))];
  } finally {
    for (const { child } of [fleet.manager, ...fleet.executors.values()]) child.kill('SIGKILL');
    await proxy.stop();
    await target.close();
    fleet.remove();
  }
}

/** What the sink holds and records, against what it must. */
export async function verdict(target: Target, before: readonly StoredRow[], expected: readonly After[], runs = 1): Promise<string[]> {
  return [...differences(await target.rows(), expected, before), ...(await appliedOnce(target, before, expected, new Set(), runs))];
}

const HAND_TAG = 777;

/** People add a tag to users while the run merges them: nobody's change is lost. */
export async function handEdits(places: FaultPlaces, sink: Sink, seed: number): Promise<string[]> {
  const prng = new Prng(seed);
  const target = await makeTarget(places, sink);
  const before = await target.rows();
  const { fleet, proxy } = await startFleet(target, ['two']);
  try {
    const users = new Set(Array.from({ length: 150 }, () => prng.pick(rowsAfter()).user_id));
    const runId = await fleet.createRun({ mode: 'task-all', business_date: '2026-11-22' });
    await until(
      'the first merged shard',
      async () => ((await target.batchesDone()) > 0 || (await fleet.isOver(runId)) ? true : undefined),
      10,
    );
    for (const user of users) await target.addByHand(user, HAND_TAG);
    const report = await fleet.ended(runId);
    const wrong = await fleet.stop();
    if (report.state !== 'partial') wrong.push(`the run is ${report.state}: ${whyOf(report)}`);
    const expected = rowsAfter().map((row) =>
      // Whether Tagmill rewrote the row before or after the edit decides the text of the list.
      users.has(row.user_id) ? { user_id: row.user_id, tag_ids: [...row.tag_ids, HAND_TAG].sort((a, b) => a - b) } : row,
    );
    return [...wrong, ...differences(await target.rows(), expected, before), ...(await appliedOnce(target, before, expected, users))];
  } finally {
    for (const { child } of [fleet.manager, ...fleet.executors.values()]) child.kill('SIGKILL');
    await proxy.stop();
    await target.close();
    fleet.remove();
  }
}

/** Two runs of different tags at once over the same users. */
export async function twoRuns(places: FaultPlaces, sink: Sink): Promise<string[]> {
  const target = await makeTarget(places, sink);
  const before = await target.rows();
  const { fleet, proxy } = await startFleet(target, ['two']);
  try {
    const ids = Array.from({ length: 23 }, (_, index) => index + 1);
    const halves = [ids.filter((id) => id % 2 === 0), ids.filter((id) => id % 2 === 1)];
    const runs = await Promise.all(
      halves.map((tag_ids) => fleet.createRun({ mode: 'task-tags', tag_ids, business_date: '2026-11-22', shard_rows: 400 })),
    );
    const reports = await Promise.all(runs.map((runId) => fleet.ended(runId)));
    const failed = reports.filter((report) => report.state !== 'succeeded').map((report) => `a run is ${report.state}: ${whyOf(report)}`);
    const wrong = await fleet.stop();
    return [...wrong, ...failed, ...(await verdict(target, before, rowsAfter(), 2))];
  } finally {
    for (const { child } of [fleet.manager, ...fleet.executors.values()]) child.kill('SIGKILL');
    await proxy.stop();
    await target.close();
    fleet.remove();
  }
}

const whyOf = (report: RunReport): string => report.error?.message ?? report.tags.map((tag) => tag.error?.message ?? tag.state).join(', ');

/** A stop of everything before the merge leaves `user_tags` as it was, byte for byte. */
export async function stopBeforeMerge(places: FaultPlaces, sink: Sink, seed: number): Promise<string[]> {
  const target = await makeTarget(places, sink);
  const before = await target.rows();
  const { fleet, proxy } = await startFleet(target, ['two']);
  try {
    const runId = await fleet.createRun({ mode: 'task-all', business_date: '2026-11-22' });
    await fleet.reached(runId, 'evaluate', new Prng(seed).between(1, SHARDS / 2));
    await fleet.act(runId, { action: 'stop', filter: { states: ['registered', 'pending', 'running'] }, reason: 'stopped by a test' });
    const report = await fleet.ended(runId);
    const wrong = await fleet.stop();
    const notStopped = report.tags.filter((tag) => tag.state !== 'stopped' && (tag.tag_id < 91 || tag.tag_id > 93));
    if (notStopped.length > 0) wrong.push(`not stopped: ${notStopped.map((tag) => `${tag.tag_id} ${tag.state}`).join(', ')}`);
    if (JSON.stringify(await target.rows()) !== JSON.stringify(before)) wrong.push('user_tags was touched');
    if ((await target.writes()).length > 0 || (await target.batchesDone()) > 0) wrong.push('something was merged');
    return wrong;
  } finally {
    for (const { child } of [fleet.manager, ...fleet.executors.values()]) child.kill('SIGKILL');
    await proxy.stop();
    await target.close();
    fleet.remove();
  }
}
