/** Records of the feed for a task of the pretended run. Pure. */
import type { FeedRecord } from '@tagmill/shared/feed/reducer';
import type { AttemptRecord, InstanceRecord, ShardsRecord } from '@tagmill/shared/feed/views';
import { ACTIONS, type Action } from '@tagmill/shared/words';
import { refusal, SHARDS, type Task } from './fake-tasks.ts';

export function instanceOf(task: Task): InstanceRecord {
  const refusals = Object.fromEntries(ACTIONS.map((action) => [action, refusal(task, action)])) as Record<Action, string | null>;
  const done = Math.floor(task.done);
  const busy = task.state === 'running' && !task.held;
  const ended = task.state === 'succeeded' && task.handler === 'tag';
  return {
    id: task.id,
    name: task.name,
    handler: task.handler,
    tagId: task.tagId,
    domain: task.domain,
    state: task.state,
    held: task.held,
    gate: task.gate,
    step: task.state === 'running' ? (task.handler === 'tag' ? (done < 40 ? 'evaluate' : 'merge') : task.handler) : null,
    shardsTotal: task.startedAtMs === null || task.handler !== 'tag' ? 0 : SHARDS,
    shardsDone: task.handler === 'tag' ? done : 0,
    shardsRunning: busy ? Math.min(8, SHARDS - done - task.failed) : 0,
    shardsFailed: task.failed,
    reason: task.reason,
    errorCode: task.errorCode,
    startedAtMs: task.startedAtMs,
    endedAtMs: task.endedAtMs,
    matched: ended ? 12_345 * (task.tagId ?? 1) : null,
    unknown: ended ? 97 : null,
    entered: ended ? 412 : null,
    exited: ended ? 97 : null,
    pass: task.startedAtMs === null ? null : 1,
    breach: null,
    refusals,
  };
}

export function shardsOf(task: Task): ShardsRecord {
  const one = instanceOf(task);
  const ranges: [number, number, 'done' | 'failed' | 'running' | 'waiting'][] = [];
  let at = 0;
  for (const [count, state] of [
    [one.shardsDone, 'done'],
    [one.shardsFailed, 'failed'],
    [one.shardsRunning, 'running'],
    [one.shardsTotal - one.shardsDone - one.shardsFailed - one.shardsRunning, 'waiting'],
  ] as const) {
    if (count > 0) ranges.push([at, count, state]);
    at += Math.max(0, count);
  }
  return { step: one.step, total: one.shardsTotal, ranges };
}

export function attemptsOf(task: Task, nowMs: number): { readonly [id: string]: FeedRecord } {
  const started = task.startedAtMs ?? nowMs;
  const rows: AttemptRecord[] = Array.from({ length: Math.min(12, Math.floor(task.done)) }, (_, shard) => ({
    step: 'evaluate' as const,
    shard,
    attempt: 1,
    executor: `exec-0${1 + (shard % 2)}`,
    token: 100 + shard,
    startedAtMs: started + shard * 200,
    endedAtMs: started + shard * 200 + 900,
    outcome: 'done' as const,
    message: null,
  }));
  for (let shard = 0; shard < Math.min(2, task.failed); shard += 1) {
    rows.push({
      step: 'merge',
      shard: 22 + shard,
      attempt: 4,
      executor: 'exec-03',
      token: 918 + shard,
      startedAtMs: started,
      endedAtMs: started + 4_000,
      outcome: 'failed',
      message: '1205 lock wait timeout',
    });
  }
  return Object.fromEntries(rows.map((row) => [`${row.shard}/${row.attempt}`, row as unknown as FeedRecord]));
}
