/** Every cause for which a task waits, by the word that REST, command line and page have for it. */
export const WAIT_CAUSES = {
  queue: 'other runs go first',
  upstream: 'a task before it has not ended',
  hold: 'somebody holds it',
  breaker: 'its check holds it: the result is beyond what its policy allows',
  gate: 'it begins by a click on run',
  'undo-next': 'what it changed is undone next',
  turn: 'it is next',
  'no-executor': 'no executor has joined',
  'executors-draining': 'the executors that are there take no new work',
  'executors-away': 'the executors that have joined are not heard of',
  'mass-loss': 'so many executors went at once that this manager may be the one that is cut off',
  'slots-full': 'all slots are busy',
  'piece-holder': 'what is to be merged lies on an executor whose slots are busy',
  'back-off': 'shards that failed are tried again later',
  'target-busy': 'another pass merges into the target',
  'target-next': 'its merge is next',
  'target-asked': 'the target is asked what became of shards whose executors are gone',
  'stopping-attempts': 'attempts under way confirm the stop',
  'stopping-target': 'the target is asked before the stop is confirmed',
  tokens: 'the journal reserves numbers for attempts',
  journal: 'the journal takes no writes',
  copy: 'nothing is confirmed before a copy of the journal has it',
} as const satisfies Readonly<Record<string, string>>;

export type WaitCode = keyof typeof WAIT_CAUSES;
export const WAIT_CODES = Object.keys(WAIT_CAUSES) as [WaitCode, ...WaitCode[]];
