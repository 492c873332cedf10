/** A set of users as a table: who is in it. */
import type { RunClock } from '@tagmill/shared/fields';
import type { PassJob } from '@tagmill/shared/job';
import type { KeyRange } from '../../sources/key-order.ts';
import { identifier, literal } from '../duckdb.ts';
import { CAST_ERRORS, KEY } from '../scan-sql.ts';
import { setSql } from '../wide/value-tables.ts';
import type { DerivedDraft, DerivedPassTable } from './drafts.ts';

const MEMBER = '__tagmill_member';

export class MemberDraft implements DerivedDraft {
  readonly leaves: { slot: number }[] = [];
  readonly #set: string;
  readonly #keyType: PassJob['keyType'];
  #member: { slot: number } | undefined;

  constructor(set: string, keyType: PassJob['keyType']) {
    this.#set = set;
    this.#keyType = keyType;
  }

  /** T for its users, F for all others. */
  member(): { slot: number } {
    this.#member ??= { slot: -1 };
    if (!this.leaves.includes(this.#member)) this.leaves.push(this.#member);
    return this.#member;
  }

  table(_clock: RunClock): DerivedPassTable {
    const from = setSql(this.#set, this.#keyType);
    return {
      table: { name: `users ${this.#set}`, objects: [], rows: 0 },
      columns: [{ name: MEMBER, sqlType: 'BOOLEAN', read: (_, raw) => raw, castError: () => null }],
      leaves: [`coalesce(${identifier(MEMBER)}, FALSE)`],
      firstSlot: this.leaves[0]?.slot ?? 0,
      derived: {
        sources: [],
        relation: (_, range) =>
          `SELECT v AS ${KEY}, 0 AS ${CAST_ERRORS}, TRUE AS ${identifier(MEMBER)} FROM ${from} WHERE ${inRange(range, this.#keyType)}`,
      },
    };
  }
}

function inRange(range: KeyRange, keyType: PassJob['keyType']): string {
  const value = (key: string): string => (keyType === 'int64' ? `${key}::BIGINT` : literal(key));
  const parts = [
    ...(range.from === undefined ? [] : [`v >= ${value(range.from)}`]),
    ...(range.to === undefined ? [] : [`v < ${value(range.to)}`]),
  ];
  return parts.length === 0 ? 'TRUE' : parts.join(' AND ');
}
