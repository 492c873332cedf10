/** Bugs in what is computed. */
import type { Mutant } from './mutant.ts';

export const RULE_MUTANTS: readonly Mutant[] = [
  {
    name: 'nan-guard-removed',
    bug: 'NaN is taken for a number: it is greater than all others',
    file: 'packages/shared/src/rules/sql-read.ts',
    from: 'return `(CASE WHEN isnan(',
    to: 'return `(CASE WHEN FALSE AND isnan(',
    foundBy: { test: 'packages/testkit/test/rules-dataset.test.ts' },
  },
  {
    name: 'clock-read-in-a-shard',
    bug: 'a shard asks the machine what day it is',
    file: 'packages/executor/src/engine/compile-pass.ts',
    from: 'leaves: sql.map((node) => leafSql(node, job.clock)),',
    to: 'leaves: sql.map((node) => leafSql(node, { ...job.clock, today: new Date().toISOString().slice(0, 10) })),',
    foundBy: { test: 'packages/executor/test/engine/oracle.test.ts' },
  },
];
