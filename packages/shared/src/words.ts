/**
 * States and actions of instances: one list, in the order and with the numbers
 * of the source document (tasks.md). Manager, page, database and docs use these.
 */
export const INSTANCE_STATES = [
  'unregistered',
  'registered',
  'pending',
  'running',
  'failed',
  'succeeded',
  'skipped',
  'confirming',
  'stopping',
  'stopped',
] as const;
export type InstanceState = (typeof INSTANCE_STATES)[number];

export const TERMINAL_STATES: readonly InstanceState[] = ['failed', 'succeeded', 'skipped', 'stopped'];

export const ACTIONS = ['run', 'skip', 'stop', 'hold', 'release', 'retry', 'rerun', 'mark-success', 'rollback'] as const;
export type Action = (typeof ACTIONS)[number];

/** What happens downstream of a skipped task, or one marked as success. */
export const DOWNSTREAM_POLICIES = ['as-success', 'skip-subtree', 'hold'] as const;
export type DownstreamPolicy = (typeof DOWNSTREAM_POLICIES)[number];

export const RUN_STATES = ['queued', 'running', 'succeeded', 'partial', 'failed'] as const;
export type RunState = (typeof RUN_STATES)[number];

export const STEPS = ['plan', 'evaluate', 'check', 'merge', 'report', 'run', 'rollback'] as const;
export type Step = (typeof STEPS)[number];

/** What an instance runs (tasks.md). */
export const HANDLERS = ['plan', 'tag', 'report', 'noop'] as const;
export type Handler = (typeof HANDLERS)[number];

/** Domains of tag tasks, in the order of the graph's lanes. */
export const DOMAINS = ['wealth', 'behavior', 'risk', 'demographic', 'lifecycle', 'value', 'other'] as const;
export type Domain = (typeof DOMAINS)[number];

/** Categories of the source documents and their domains. */
export const CATEGORY_DOMAIN: Readonly<Record<string, Domain>> = {
  财富管理: 'wealth',
  行为分析: 'behavior',
  风险管理: 'risk',
  人口特征: 'demographic',
  生命周期: 'lifecycle',
  价值管理: 'value',
};

/** What needs a person: a click on run, a retry, a word on what a check holds, or on a rule that is proposed. */
export const INBOX_KINDS = ['gate', 'failed', 'held', 'approval'] as const;
