/** Eleven of the fixtures' rules as SQL written by hand, for days that the fixtures hold no expected result of. */
import { DuckDBInstance } from '@duckdb/node-api';
import { FIXTURES } from './command.ts';
import type { Evaluated } from './oracle.ts';

interface RuleByHand {
  readonly sql: string;
  /** b: basic info, s: assets, a: activity. */
  readonly reads: string;
}

const BASIC = 'b';
const ASSETS = 's';
const ACTIVITY = 'a';

/** Instants as days in Shanghai, which is 8 h ahead of UTC the whole year. */
const dayOf = (column: string): string => `CAST(make_timestamp(epoch_us(${column}) + 28800000000) AS DATE)`;

const recent = (day: string, days: number, today: string): string => `${day} BETWEEN DATE '${today}' - ${days - 1} AND DATE '${today}'`;

const rules = (today: string): Readonly<Record<number, RuleByHand>> => ({
  1: { sql: 's.total_asset_value >= 100000', reads: ASSETS },
  2: { sql: 'a.trade_count_30d > 10', reads: ACTIVITY },
  3: { sql: 'CASE WHEN isnan(b.risk_score) THEN NULL ELSE b.risk_score <= 30 END', reads: BASIC },
  4: { sql: recent('b.registration_date', 30, today), reads: BASIC },
  5: { sql: "b.user_level IN ('VIP2', 'VIP3') AND b.kyc_status = 'verified'", reads: BASIC },
  6: { sql: 's.cash_balance >= 50000', reads: ASSETS },
  7: { sql: 'b.age BETWEEN 18 AND 30', reads: BASIC },
  8: { sql: recent('a.last_login_date', 7, today), reads: ACTIVITY },
  17: { sql: "b.registration_date < DATE '2026-01-01' AND a.last_login_date > DATE '2026-11-15'", reads: BASIC + ACTIVITY },
  20: { sql: 's.total_asset_value > 0 AND NOT (a.trade_count_30d > 0 OR a.login_count_7d > 0)', reads: ASSETS + ACTIVITY },
  22: {
    sql: `${recent(dayOf('a.last_active_time'), 3, today)} OR ${recent(dayOf('s.last_deposit_time'), 3, today)}`,
    reads: ASSETS + ACTIVITY,
  },
});

export const TAGS_BY_HAND: readonly number[] = Object.keys(rules('2026-01-01')).map(Number);

const table = (name: string, date: string): string =>
  `read_parquet('${FIXTURES}/tables/${name}/dt=${date}/part-*.parquet', union_by_name = true, hive_partitioning = false)`;

/** The evaluation of these tags on a day's tables, with `today` as the day of the run. */
export async function evaluateByHand(businessDate: string, today: string): Promise<Evaluated[]> {
  const columns = Object.entries(rules(today)).map(([id, { sql, reads }]) => {
    const isThere = [...reads].map((letter) => `${letter}.user_id IS NOT NULL`).join(' OR ');
    return `, CASE WHEN NOT (${isThere}) THEN NULL WHEN (${sql}) THEN 'T' WHEN NOT (${sql}) THEN 'F' ELSE 'U' END AS tag_${id}`;
  });
  const query = `SELECT coalesce(b.user_id, s.user_id, a.user_id) AS user_id${columns.join('')}
    FROM ${table('user_basic_info', businessDate)} AS b
    FULL JOIN ${table('user_asset_summary', businessDate)} AS s ON s.user_id = b.user_id
    FULL JOIN ${table('user_activity_summary', businessDate)} AS a ON a.user_id = coalesce(b.user_id, s.user_id)`;
  const rows = await inDuckdb(query);
  return rows.map(([user, ...letters]) => {
    const with_ = (letter: string): number[] => TAGS_BY_HAND.filter((_, index) => letters[index] === letter);
    return { user_id: String(user), T: with_('T'), F: with_('F'), U: with_('U') };
  });
}

/** Users whose registration day lies in [from, to]. */
export async function registeredBetween(businessDate: string, from: string, to: string): Promise<Set<string>> {
  const query = `SELECT user_id FROM ${table('user_basic_info', businessDate)} WHERE registration_date BETWEEN DATE '${from}' AND DATE '${to}'`;
  return new Set((await inDuckdb(query)).map(([user]) => String(user)));
}

async function inDuckdb(query: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(query)).getRowsJS();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
