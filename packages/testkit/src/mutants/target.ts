/** Bugs in what writes to the target. */
import type { Mutant } from './mutant.ts';

const SQLITE = 'packages/manager/src/tagstore/sqlite';
const MYSQL = 'packages/executor/src/sinks/mysql';
const contract = { test: 'packages/testkit/test/contracts/sqlite-sink.test.ts' };
const mysql = { test: 'packages/testkit/test/contracts/mysql-sink.test.ts', name: 'a lower token or term is refused' };

export const TARGET_MUTANTS: readonly Mutant[] = [
  {
    name: 'no-fence-read',
    bug: 'a merge into SQLite does not look at the fence',
    file: `${SQLITE}/batch-ledger.ts`,
    from: '    if (holder.term === term && holder.token === token) return;',
    to: '    if (holder.term >= 0) return;',
    foundBy: contract,
  },
  {
    name: 'no-fence-read-mysql',
    bug: 'a merge into MySQL does not look at the fence',
    file: `${MYSQL}/fence.ts`,
    from: '  #mustBeMine(row: (Buffer | null)[] | undefined): void {\n',
    to: '  #mustBeMine(row: (Buffer | null)[] | undefined): void {\n    if (row !== undefined) return;\n',
    foundBy: mysql,
  },
  {
    name: 'fence-ignores-the-term',
    bug: 'the fence compares tokens and not terms',
    file: `${SQLITE}/batch-ledger.ts`,
    from: 'if (found !== undefined && (found[0] > term || (found[0] === term && found[1] >= token)))',
    to: 'if (found !== undefined && found[1] >= token)',
    foundBy: contract,
  },
  {
    name: 'no-record-of-batches',
    bug: 'a batch that was done is done again',
    file: `${SQLITE}/store.ts`,
    from: '      if (done !== undefined) return done;\n      const merge = this.#apply',
    to: '      if (done !== undefined && index < 0) return done;\n      const merge = this.#apply',
    foundBy: contract,
  },
  {
    name: 'union-only-merge',
    bug: 'a merge adds tags and never takes one away',
    file: 'packages/shared/src/merge/row.ts',
    from: '  const leaving = findings.notMatched.filter((id) => held.has(id));',
    to: '  const leaving = findings.notMatched.filter((id) => held.has(id) && id < 0);',
    foundBy: contract,
  },
  {
    name: 'tags-by-hand-taken-away',
    bug: 'a merge takes away tags that somebody has set by hand',
    file: 'packages/shared/src/merge/row.ts',
    from: '  const exited = leaving.filter((id) => !isHeldByHand(id));',
    to: '  const exited = leaving.filter((id) => !isHeldByHand(-1 - id));',
    foundBy: { test: 'packages/shared/test/merge/row.test.ts' },
  },
  {
    name: 'a-day-counts-twice',
    bug: 'a run that is repeated for a day counts once more for holders who are UNKNOWN',
    file: 'packages/shared/src/merge/unknown-mark.ts',
    from: 'return day > mark.on ?',
    to: 'return day >= mark.on ?',
    foundBy: { ...contract, name: 'holders who are UNKNOWN' },
  },
];
