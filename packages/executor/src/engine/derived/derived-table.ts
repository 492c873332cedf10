/**
 * Tables that are made of others for the leaves that no scan of one table can
 * answer: one row a user, like any table of a pass, but by a query of their own.
 */
import type { PlannedTable } from '@tagmill/shared/job';
import type { KeyRange } from '../../sources/key-order.ts';
import { identifier } from '../duckdb.ts';
import { CAST_ERRORS, KEY, type ReadColumn } from '../scan-sql.ts';

/** A scan that a derived table is made of. */
export interface DerivedSource {
  readonly table: PlannedTable;
  readonly columns: readonly ReadColumn[];
  /** The table is a sorted copy in the cache. */
  readonly copied?: boolean;
}

export interface Derived {
  readonly sources: readonly DerivedSource[];
  /**
   * The query: key, cast errors, and the columns of the derived table.
   *
   * @param rows a query for each source, of key, cast errors and its columns
   * @param range the shard's
   */
  relation(rows: readonly string[], range: KeyRange): string;
}

/** Name of a source's column in a table that joins several. */
export const joinedName = (source: string, column: string): string => `${source}.${column}`;

/** Two sources side by side, by user; a user whom one lacks has none of its values. */
export function sideBySide(names: readonly [string, string], sources: readonly [DerivedSource, DerivedSource]): Derived {
  return {
    sources,
    relation(rows) {
      const columns = sources.flatMap((source, at) =>
        source.columns.map(({ name }) => `s${at}.${identifier(name)} AS ${identifier(joinedName(names[at]!, name))}`),
      );
      const selected = [`coalesce(s0.${KEY}, s1.${KEY}) AS ${KEY}`, `0 AS ${CAST_ERRORS}`, ...columns];
      return `SELECT ${selected.join(', ')} FROM (${rows[0]}) AS s0 FULL JOIN (${rows[1]}) AS s1 ON s0.${KEY} = s1.${KEY}`;
    },
  };
}
