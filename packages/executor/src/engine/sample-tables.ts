/**
 * Sample tables with the columns of the source documents, written as Parquet
 * in Hive layout: the same seed gives the same rows on every machine. `tagmill
 * demo` shows them, benchmarks and tests read them.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export interface SampleTablesOptions {
  /** Folder that gets `<table>/dt=<date>/part-<n>.parquet`; partitions that exist are replaced. */
  readonly dir: string;
  readonly users: number;
  readonly seed: number;
  /** `YYYY-MM-DD`, each gets a full copy whose balances and activity differ from day to day. */
  readonly businessDates: readonly string[];
  /** Sorted by `user_id` over all files of a table, as most warehouses write; otherwise in no order. */
  readonly sorted: boolean;
  /** Users in a row group; small ones let small samples be cut into many shards. */
  readonly rowGroupRows?: number;
}

/** Users in one file, at most. */
const FILE_USERS = 1_000_000;
const MIN_FILES = 3;

interface SampleTable {
  readonly name: string;
  /** Of 1000 users, how many have a row. */
  readonly present: number;
  readonly columns: (date: string) => readonly string[];
}

/** A whole number in [0, n) that depends on the user, the seed and a name of its own. */
const pick = (name: string, n: number): string => `(hash(i, '${name}', seed) % ${n})::INTEGER`;
/** A value that changes from day to day. */
const pickDaily = (name: string, n: number, date: string): string => pick(`${name} ${date}`, n);
const oneOf = (name: string, values: readonly string[]): string =>
  `[${values.map((v) => `'${v}'`).join(',')}][1 + ${pick(name, values.length)}]`;
/** NULL for some of 1000 users. */
const sometimesNull = (name: string, of1000: number, sql: string): string =>
  `CASE WHEN ${pick(`${name} null`, 1000)} < ${of1000} THEN NULL ELSE ${sql} END`;
/** Money with a long tail: most have little, a few have millions. */
const money = (name: string, date: string, top: number): string =>
  `CAST(pow(${pickDaily(name, 1_000_000, date)} / 1e6, 6) * ${top} AS DECIMAL(20,8))`;
const instantBefore = (name: string, date: string, seconds: number): string =>
  `to_timestamp(epoch(DATE '${date}') + 57599 - ${pickDaily(name, seconds, date)})`;

const TABLES: readonly SampleTable[] = [
  {
    name: 'user_basic_info',
    present: 985,
    columns: (date) => [
      `${sometimesNull('age', 30, `18 + ${pick('age', 40)} + ${pick('age more', 25)}`)} AS age`,
      `${oneOf('gender', ['male', 'male', 'male', 'female', 'female', 'unknown'])} AS gender`,
      `${sometimesNull('level', 20, oneOf('level', ['BRONZE', 'BRONZE', 'BRONZE', 'SILVER', 'SILVER', 'GOLD', 'VIP1', 'VIP2', 'VIP3']))} AS user_level`,
      `${sometimesNull('kyc', 25, oneOf('kyc', ['verified', 'verified', 'verified', 'pending', 'rejected']))} AS kyc_status`,
      `${oneOf('country', ['CN', 'CN', 'CN', 'SG', 'US', 'JP', 'DE', 'BR'])} AS country_code`,
      `${oneOf('email', ['gmail.com', 'qq.com', '163.com', 'outlook.com', 'corp_mail.cn'])} AS email_suffix`,
      `${sometimesNull('channel', 50, oneOf('channel', ['organic', 'ads', 'referral', 'partner']))} AS channel`,
      `${oneOf('city', ['北京', '上海', '深圳', '杭州', '成都', 'Singapore', 'Tokyo'])} AS city`,
      `${sometimesNull('nickname', 200, `'nick_' || ${pick('nickname', 1_000_000)}`)} AS nickname`,
      `${sometimesNull('blacklist', 10, `${pick('blacklist', 1000)} < 12`)} AS is_blacklisted`,
      `${sometimesNull('registered', 5, `DATE '${date}' - ${pick('registered', 1500)}`)} AS registration_date`,
      `${sometimesNull('risk', 60, `${pick('risk', 10_000)} / 100.0::DOUBLE`)} AS risk_score`,
      `to_timestamp(epoch(DATE '${date}') - ${pick('registered', 1500)} * 86400 + ${pick('created', 86_400)}) AS created_time`,
    ],
  },
  {
    name: 'user_asset_summary',
    present: 900,
    columns: (date) => [
      `${sometimesNull('asset', 15, money('asset', date, 2_000_000))} AS total_asset_value`,
      `${sometimesNull('cash', 15, money('cash', date, 300_000))} AS cash_balance`,
      `${sometimesNull('deposit', 40, money('deposit', date, 900_000))} AS total_deposit_amount`,
      `${sometimesNull('locked', 300, money('locked', date, 50_000))} AS locked_amount`,
      `${sometimesNull('coins', 80, `list_distinct(list_slice([${oneOf('coin a', ['BTC', 'ETH', 'USDT'])}, ${oneOf('coin b', ['SOL', 'DOGE', 'ETH'])}, ${oneOf('coin c', ['USDC', 'BNB'])}], 1, ${pick('coins', 4)}))`)} AS coins_held`,
      `${sometimesNull('last deposit', 120, instantBefore('last deposit', date, 8_000_000))} AS last_deposit_time`,
      `${sometimesNull('note', 700, oneOf('note', ['长期持有', '大额充值', '风险提示']))} AS asset_note`,
    ],
  },
  {
    name: 'user_activity_summary',
    present: 850,
    columns: (date) => [
      `${sometimesNull('trades', 20, `CAST(pow(${pickDaily('trades', 1000, date)} / 1e3, 3) * 40 AS INTEGER)`)} AS trade_count_30d`,
      `${sometimesNull('logins', 20, pickDaily('logins', 15, date))} AS login_count_7d`,
      `${sometimesNull('volume', 30, money('volume', date, 5_000_000))} AS last_30d_trading_volume`,
      `${sometimesNull('last login', 40, `DATE '${date}' - ${pickDaily('last login', 90, date)}`)} AS last_login_date`,
      `${sometimesNull('last active', 40, instantBefore('last active', date, 7_000_000))} AS last_active_time`,
      `${sometimesNull('campaigns', 300, `list_slice(['spring', 'summer', 'double11'], 1, ${pick('campaigns', 4)})`)} AS campaigns`,
    ],
  },
];

/**
 * Writes the three tables for each business date. No table has every user, and
 * every column but the key has NULLs somewhere. About 0.5 s for 100,000 users.
 */
export async function generateSampleTables(options: SampleTablesOptions): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    for (const date of options.businessDates) {
      for (const table of TABLES) await writePartition(connection, options, table, date);
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function writePartition(connection: DuckDBConnection, options: SampleTablesOptions, table: SampleTable, date: string): Promise<void> {
  const folder = join(options.dir, table.name, `dt=${date}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const files = Math.max(MIN_FILES, Math.ceil(options.users / FILE_USERS));
  const digits = Math.max(6, String(options.users).length);
  const rows = options.rowGroupRows ?? Math.max(2_048, Math.min(122_880, Math.ceil(options.users / files / 4)));
  for (let file = 0; file < files; file += 1) {
    const from = Math.floor((options.users * file) / files);
    const to = Math.floor((options.users * (file + 1)) / files);
    const which = options.sorted ? `range(${from + 1}, ${to + 1})` : `range(1, ${options.users + 1})`;
    const chosen = options.sorted ? '' : `AND ${pick('file', files)} = ${file}`;
    const order = options.sorted ? '' : "ORDER BY hash(i, 'order', seed)";
    const path = join(folder, `part-${String(file).padStart(5, '0')}.parquet`).replaceAll("'", "''");
    await connection.run(
      `COPY (SELECT printf('user_%0${digits}d', i) AS user_id, ${table.columns(date).join(', ')}
        FROM (SELECT range AS i, ${Math.trunc(options.seed)} AS seed FROM ${which})
        WHERE ${pick(`in ${table.name}`, 1000)} < ${table.present} ${chosen} ${order})
       TO '${path}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${rows})`,
    );
  }
}
