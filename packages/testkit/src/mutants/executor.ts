/** Bugs in the executor's core and in its workers. */
import type { Mutant } from './mutant.ts';

const ATTEMPTS = 'packages/executor/src/core/attempts.ts';
const seeds = (mix = 'drawn') => ({ seeds: 2_000, mix });

export const EXECUTOR_MUTANTS: readonly Mutant[] = [
  {
    name: 'sleeps-and-tells-nobody',
    bug: 'an executor that slept gives its attempts up and tells nobody',
    file: ATTEMPTS,
    from: '  for (const work of state.work.values()) effects.push(...giveUp(work));\n  return effects;',
    to: '  state.work.clear();\n  state.running = 0;\n  return effects;',
    foundBy: seeds('peers'),
  },
  {
    name: 'forgets-the-unconfirmed',
    bug: 'an executor forgets a result before it is confirmed',
    file: ATTEMPTS,
    from: '  state.running -= 1;\n  return [{ type: ',
    to: '  state.running -= 1;\n  work.attempts.delete(shard);\n  return [{ type: ',
    foundBy: { test: 'packages/executor/test/core/attempts.test.ts' },
  },
  {
    name: 'results-not-offered-again',
    bug: 'unconfirmed results are not sent again over a new stream',
    file: ATTEMPTS,
    from: "    if (done.length > 0) effects.push({ type: 'results', work, attempts: done });\n  }\n  return effects;\n}\n\nexport function dispatched",
    to: '    if (done.length < 0) return effects;\n  }\n  return effects;\n}\n\nexport function dispatched',
    foundBy: seeds('network'),
  },
  {
    name: 'no-token-check',
    bug: 'the end of an old attempt is taken as that of the new one',
    file: ATTEMPTS,
    from: "if (work === undefined || attempt === undefined || attempt.token !== token || attempt.phase !== 'running') return [];",
    to: "if (work === undefined || attempt === undefined || attempt.phase !== 'running') return [];",
    foundBy: { test: 'packages/executor/test/core/attempts.test.ts' },
  },
  {
    name: 'older-term-obeyed',
    bug: 'an executor takes work from a manager that was replaced',
    file: ATTEMPTS,
    from: '  if (order.term < state.term) {',
    to: '  if (order.term < 0) {',
    foundBy: { test: 'packages/executor/test/core/attempts.test.ts' },
  },
  {
    name: 'unsorted-batch',
    bug: 'users that are integers are merged in the order of their value',
    file: 'packages/shared/src/merge/batch.ts',
    from: '.sort((a, b) => compareBytes(key(a), key(b)));',
    to: '.sort((a, b) => a - b);',
    foundBy: { test: 'packages/shared/test/merge/batch.test.ts' },
  },
];
