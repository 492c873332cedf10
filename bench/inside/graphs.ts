/** Runs that no request makes: graphs of tasks that do nothing. */
import { randomUUID } from 'node:crypto';
import type { RunSpec, TaskSpec } from '../../packages/manager/src/core/run-spec.ts';

const task = (name: string, gate: TaskSpec['gate']): TaskSpec => ({
  name,
  title: name,
  handler: 'noop',
  tagId: null,
  domain: null,
  gate,
  shards: 1,
});

function run(tasks: readonly TaskSpec[], edges: RunSpec['edges']): RunSpec {
  return {
    id: randomUUID(),
    mode: 'noop',
    who: 'bench',
    createdAtMs: Date.now(),
    timeZone: 'UTC',
    asOf: null,
    businessDate: null,
    shardRows: 1,
    tables: null,
    users: null,
    days: null,
    tasks,
    edges,
    rules: [],
  };
}

/** Each task waits for the one before. */
export function chainOf(hops: number): RunSpec {
  const tasks = Array.from({ length: hops }, (_, i) => task(`hop-${i}`, 'auto'));
  return run(
    tasks,
    tasks.slice(1).map(({ name }, i) => ({ from: `hop-${i}`, to: name, kind: 'success' as const })),
  );
}

/** All wait for the first one, and that for a person. */
export function residentRun(nodes: number): RunSpec {
  const tasks = Array.from({ length: nodes }, (_, i) => task(`task-${i}`, i === 0 ? 'manual' : 'auto'));
  return run(
    tasks,
    tasks.slice(1).map(({ name }) => ({ from: 'task-0', to: name, kind: 'success' as const })),
  );
}
