/** Tasks of the pretended run, and which actions they take. Pure. */
import type { StoryRecord } from '@tagmill/shared/feed/views';
import { instanceId } from '@tagmill/shared/ids';
import type { Action, Domain, InstanceState } from '@tagmill/shared/words';

export const TAGS: readonly (readonly [string, Domain])[] = [
  ['High net worth', 'wealth'],
  ['Cash rich', 'wealth'],
  ['Asset growing', 'wealth'],
  ['Large deposit', 'wealth'],
  ['Wealth top 1 %', 'wealth'],
  ['Active trader', 'behavior'],
  ['Recently active', 'behavior'],
  ['Night trader', 'behavior'],
  ['Promo responder', 'behavior'],
  ['Bot suspect', 'behavior'],
  ['Low risk', 'risk'],
  ['KYC expiring', 'risk'],
  ['Cash-out surge', 'risk'],
  ['Fraud watch', 'risk'],
  ['Young', 'demographic'],
  ['Overseas', 'demographic'],
  ['Student', 'demographic'],
  ['Expat saver', 'demographic'],
  ['New user', 'lifecycle'],
  ['First deposit', 'lifecycle'],
  ['Dormant', 'lifecycle'],
  ['Churn risk', 'lifecycle'],
  ['VIP customer', 'value'],
  ['Cross-sell ready', 'value'],
  ['Private banking', 'value'],
  ['高净值用户', 'wealth'],
  ['活跃交易者（近三十日）', 'behavior'],
];

export const SHARDS = 64;

export interface Task {
  readonly id: string;
  readonly name: string;
  readonly handler: 'plan' | 'tag' | 'report';
  readonly tagId: number | null;
  readonly domain: Domain | null;
  readonly perSecond: number;
  state: InstanceState;
  held: boolean;
  gate: 'auto' | 'manual';
  done: number;
  failed: number;
  startedAtMs: number | null;
  endedAtMs: number | null;
  reason: string | null;
  errorCode: string | null;
  retried: boolean;
  stateSinceMs: number;
  readonly story: StoryRecord[];
}

export function makeTask(
  runId: string,
  atMs: number,
  { name, handler, tagId, domain, perSecond }: Pick<Task, 'name' | 'handler' | 'tagId' | 'domain' | 'perSecond'>,
): Task {
  return {
    id: instanceId(runId, name),
    name,
    handler,
    tagId,
    domain,
    perSecond,
    state: handler === 'plan' ? 'pending' : 'registered',
    held: false,
    gate: 'auto',
    done: 0,
    failed: 0,
    startedAtMs: null,
    endedAtMs: null,
    reason: handler === 'plan' ? null : handler === 'report' ? null : 'waits for plan',
    errorCode: null,
    retried: false,
    stateSinceMs: atMs,
    story: [{ atMs: atMs, text: 'registered', who: null }],
  };
}

/** Why a task does not take an action; null: it does. */
export function refusal(task: Task, action: Action): string | null {
  const { state } = task;
  const ended = ['succeeded', 'failed', 'skipped', 'stopped'].includes(state);
  const no = (sentence: string): string => `${sentence}, so it cannot be ${action === 'stop' ? 'stopped' : `asked to ${action}`}.`;
  if (action === 'stop')
    return state === 'running' || state === 'pending' || state === 'registered' ? null : no(`${task.name} is ${state}`);
  if (action === 'retry') return task.failed > 0 ? null : no(`${task.name} has no failed shard`);
  if (action === 'rollback') return state === 'succeeded' ? null : no(`${task.name} is ${state}`);
  if (action === 'rerun') return ended ? null : no(`${task.name} has not ended`);
  if (action === 'hold') return task.held ? no('It is held already') : ended ? no(`${task.name} has ended`) : null;
  if (action === 'release') return task.held ? null : no('It is not held');
  if (action === 'run')
    return state === 'stopped' || (state === 'pending' && task.gate === 'manual') ? null : no(`${task.name} is ${state}`);
  return state === 'succeeded' || state === 'skipped' ? no(`${task.name} is ${state}`) : null;
}
