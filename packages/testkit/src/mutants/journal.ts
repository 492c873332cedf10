/** Bugs in the loop, the journal, its replay and its copies. */
import type { Mutant } from './mutant.ts';

const SHELL = 'packages/manager/src/shell';
const STORE = 'packages/manager/src/store';
const seeds = (mix = 'drawn') => ({ seeds: 2_000, mix });

export const JOURNAL_MUTANTS: readonly Mutant[] = [
  {
    name: 'acknowledge-before-commit',
    bug: 'a click is acknowledged before it is on disk',
    file: `${SHELL}/loop.ts`,
    from: '    this.inputs.push({ input, waiter });',
    to: '    waiter?.resolve();\n    this.inputs.push({ input, waiter: undefined });',
    foundBy: seeds('kills'),
  },
  {
    name: 'refused-and-taken',
    bug: 'a click that the journal did not take is acknowledged',
    file: `${SHELL}/loop.ts`,
    from: 'else taken.waiter.reject(refusal);',
    to: 'else taken.waiter.resolve();',
    foundBy: seeds('disk'),
  },
  {
    name: 'decisions-of-a-failed-batch-lost',
    bug: 'what was decided is not written again after a write that failed',
    file: `${SHELL}/loop.ts`,
    from: '    this.decisions = [...decisions, ...this.decisions];\n',
    to: '',
    foundBy: seeds('disk'),
  },
  {
    name: 'told-after-the-lease',
    bug: 'a manager that slept past its lease tells what it had written before',
    file: `${SHELL}/loop.ts`,
    from: 'this.ports.whenLeading(() => this.committed(stamped, taken));',
    to: 'this.committed(stamped, taken);',
    foundBy: seeds('two-managers'),
  },
  {
    name: 'leads-without-a-lease',
    bug: 'a manager whose lease has run out goes on deciding',
    file: `${SHELL}/loop.ts`,
    from: '    if (this.ports.leads()) return true;\n    if (this.waitingToLead)',
    to: '    if (this.ports.leads() || !this.stopped) return true;\n    if (this.waitingToLead)',
    foundBy: { test: 'packages/manager/test/shell/loop.test.ts' },
  },
  {
    name: 'tokens-used-again',
    bug: 'a journal that lost its end with its disk gives the tokens of that end again',
    file: 'packages/manager/src/core/apply.ts',
    from: ', state.tokensReserved, term * TOKENS_A_TERM);',
    to: ', state.tokensReserved);',
    foundBy: seeds('wiped'),
  },
  {
    name: 'asked-is-remembered',
    bug: 'after a restart nobody asks the target again',
    file: `${SHELL}/replay.ts`,
    from: '    for (const { fanOut } of state.open.values()) fanOut.asked.clear();\n',
    to: '',
    foundBy: seeds('kills'),
  },
  {
    name: 'replay-skips-leases',
    bug: 'a replay passes over what the core decided',
    file: `${SHELL}/replay.ts`,
    from: '      apply(this.state, stamped);',
    to: "      if (stamped.event.type !== 'leased') apply(this.state, stamped);",
    foundBy: seeds(),
  },
  {
    name: 'clock-set-back',
    bug: 'retries wait by a clock that is set back',
    file: `${SHELL}/forward-clock.ts`,
    from: 'last = wallMs >= last ? wallMs : last + passedMs;',
    to: 'last = wallMs + 0 * passedMs;',
    foundBy: seeds('clocks'),
  },
  {
    name: 'synchronous-normal',
    bug: 'the journal is not flushed at every commit',
    file: `${STORE}/journal-file.ts`,
    from: "database.pragma('synchronous = FULL');",
    to: "database.pragma('synchronous = NORMAL');",
    foundBy: { test: 'packages/manager/test/store/flushes.test.ts' },
  },
  {
    name: 'chain-not-checked',
    bug: 'an entry whose content was changed is replayed',
    file: `${STORE}/walk-chain.ts`,
    from: 'if (sameBytes(batch.hash, chainHash(before.hash, batch.blob))) return undefined;',
    to: 'if (batch.hash.length > 0) return undefined;',
    foundBy: { test: 'packages/manager/test/store' },
  },
  {
    name: 'failed-flush-taken-as-done',
    bug: 'after a failed flush the journal is not looked at',
    file: `${STORE}/journal-writer.ts`,
    from: '      if (found !== undefined) this.committed(found);\n      else if (this.unknown !== undefined) this.refuse',
    to: '      if (this.unknown !== undefined) this.committed({ ...this.unknown, hash: chainHash(this.last.hash, this.unknown.blob) });\n      else if (this.unknown !== undefined) this.refuse',
    foundBy: { test: 'packages/manager/test/store' },
  },
  {
    name: 'copied-is-not-waited-for',
    bug: 'durability `copied` answers before anybody has a copy',
    file: `${SHELL}/replicator.ts`,
    from: 'if (this.copiedSeq >= seq) done();',
    to: 'if (this.copiedSeq >= 0) done();',
    foundBy: { test: 'packages/manager/test/shell/replicator.test.ts' },
  },
];
