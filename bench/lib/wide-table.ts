/** One table of 30 columns besides the key, and rules over it: both from a seed. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inMemory } from '../../packages/testkit/src/duck/in-memory.ts';
import { BUSINESS_DATE, DATA } from './sample.ts';

export const WIDE_TABLE = 'wide';
const SEED = 7;
const FILE_USERS = 1_000_000;

/** Texts of the enumerations, by their column. */
export const WORDS: Readonly<Record<string, readonly string[]>> = {
  level: ['BRONZE', 'SILVER', 'GOLD', 'PLATINUM', 'VIP1', 'VIP2', 'VIP3'],
  channel: ['organic', 'ads', 'referral', 'partner', 'store', 'mail'],
  country: ['CN', 'SG', 'US', 'JP', 'DE', 'BR', 'IN', 'GB', 'FR', 'KR', 'VN', 'TH', 'MY', 'ID', 'PH', 'AU', 'NZ', 'CA', 'MX', 'ZA'],
  city: Array.from({ length: 120 }, (_, at) => `city_${at}`),
  kyc: ['none', 'pending', 'verified', 'rejected'],
};

/** Ranges of the numbers: counts up to `most` with a long tail. */
export const COUNTS: Readonly<Record<string, number>> = {
  age: 80,
  trades_7d: 200,
  trades_30d: 800,
  logins_30d: 300,
  friends: 2_000,
  coupons: 60,
  points: 1_000_000,
};
export const MONEY = ['total_asset', 'cash', 'deposit_30d', 'withdraw_30d', 'loan', 'fees_30d', 'income'] as const;
export const SCORES = ['risk_score', 'activity_score'] as const;
export const DAYS = ['registered', 'last_login', 'last_trade', 'birthday'] as const;
export const INSTANTS = ['last_deposit_at', 'last_seen_at'] as const;
export const FLAGS = ['is_blacklisted', 'has_card'] as const;
export const TEXT = 'nickname';

const pick = (name: string, n: number): string => `(hash(i, '${name}', ${SEED}) % ${n})::INTEGER`;
const share = (name: string): string => `(${pick(name, 1_000_000)} / 1e6)`;
const orNull = (name: string, sql: string): string => `CASE WHEN ${pick(`${name} null`, 100)} < 4 THEN NULL ELSE ${sql} END AS ${name}`;

function columns(): string[] {
  const list = (values: readonly string[]): string => `[${values.map((value) => `'${value}'`).join(', ')}]`;
  const before = (name: string, days: number): string => `(DATE '${BUSINESS_DATE}' - ${pick(name, days)})`;
  return [
    ...Object.entries(COUNTS).map(([name, most]) => orNull(name, `CAST(floor(pow(${share(name)}, 3) * ${most}) AS BIGINT)`)),
    ...MONEY.map((name) => orNull(name, `CAST(pow(${share(name)}, 5) * 5000000 AS DECIMAL(20,8))`)),
    ...SCORES.map((name) => orNull(name, `${share(name)} * 100`)),
    ...DAYS.map((name) => orNull(name, before(name, name === 'birthday' ? 25_000 : 1_200))),
    ...INSTANTS.map((name) => orNull(name, `to_timestamp(epoch(${before(name, 400)}) + ${pick(`${name} s`, 86_400)})`)),
    ...FLAGS.map((name) => orNull(name, `${pick(name, 100)} < 30`)),
    ...Object.entries(WORDS).map(([name, words]) => orNull(name, `${list(words)}[1 + ${pick(name, words.length)}]`)),
    orNull(TEXT, `concat('user', ${pick(TEXT, 900_000)}, CASE WHEN ${pick('star', 20)} = 0 THEN '★' ELSE '' END)`),
  ];
}

/** Folder of the table for so many users, sorted by `user_id`; kept from run to run. */
export async function wideTable(users: number): Promise<string> {
  const dir = join(DATA, `wide-${users}`);
  if (existsSync(dir)) return dir;
  const unfinished = `${dir}.part`;
  rmSync(unfinished, { recursive: true, force: true });
  const folder = join(unfinished, WIDE_TABLE, `dt=${BUSINESS_DATE}`);
  mkdirSync(folder, { recursive: true });
  await inMemory(2, async (connection) => {
    for (let first = 0; first < users; first += FILE_USERS) {
      const rows = `SELECT printf('user_%08d', i) AS user_id, ${columns().join(', ')} FROM range(${first}, ${Math.min(users, first + FILE_USERS)}) r(i)`;
      await connection.run(`COPY (${rows}) TO '${join(folder, `part-${first / FILE_USERS}.parquet`)}' (FORMAT parquet)`);
    }
  });
  renameSync(unfinished, dir);
  return dir;
}
