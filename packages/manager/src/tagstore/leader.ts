/** The leader's row: who may take it, and how it is kept. The same for every database. */
import { hostname } from 'node:os';
import { TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import { LeaderLease } from './leader-lease.ts';
import { ensureLeaderTable } from './leader-table.ts';
import { type ConfirmedEntries, LEASE_MS, type LeaderHolder, type LeaderRow, type Leadership } from './metadata.ts';
import { numberOf, type SqlDatabase, textOf } from './sql-database.ts';

const NAME = 'manager';

type Process = Required<LeaderHolder>;

/** Takes the row under the next term, or throws MANAGER_LIVE; then renews its lease until released or lost. */
export async function claimLeadership(database: SqlDatabase, holder: LeaderHolder): Promise<Leadership> {
  const me: Process = { host: hostname(), pid: process.pid, ...holder };
  await ensureLeaderTable(database);
  const askedAtMs = performance.now();
  const taken = await take(database, me);
  failpoint('manager.leader.taken');
  return keep(database, me, taken, askedAtMs);
}

export async function readLeader(
  database: SqlDatabase,
  transaction: Pick<SqlDatabase, 'all'> = database,
  suffix = '',
): Promise<LeaderRow | undefined> {
  const sql = `SELECT holder, url, host, pid, term, lineage, confirmed_term, confirmed_seq, holders, CASE WHEN lease_until_ms > ${database.dialect.nowMs} THEN 1 ELSE 0 END AS live
    FROM tagmill_leader WHERE name = ?${suffix}`;
  const [row] = await transaction.all(sql, [NAME]);
  if (row === undefined) return undefined;
  return {
    id: textOf(row['holder']),
    url: textOf(row['url']),
    host: textOf(row['host']),
    pid: numberOf(row['pid']),
    term: numberOf(row['term']),
    live: numberOf(row['live']) === 1,
    confirmed: {
      lineage: textOf(row['lineage']),
      term: numberOf(row['confirmed_term']),
      seq: numberOf(row['confirmed_seq']),
      holders: numberOf(row['holders']),
    },
  };
}

interface Taken {
  readonly term: number;
  readonly before: ConfirmedEntries;
}

const NOTHING: ConfirmedEntries = { lineage: '', term: 0, seq: 0, holders: 0 };

async function take(database: SqlDatabase, me: Process): Promise<Taken> {
  const { insertIgnore, forUpdate, nowMs } = database.dialect;
  return await database.transaction(async (transaction) => {
    await transaction.run(
      `${insertIgnore} INTO tagmill_leader (name, holder, url, host, pid, term, lease_until_ms) VALUES (?, '', '', '', 0, 0, 0)`,
      [NAME],
    );
    const row = await readLeader(database, transaction, forUpdate);
    mayLead(me, row, database.name);
    const term = (row?.term ?? 0) + 1;
    await transaction.run(
      `UPDATE tagmill_leader SET holder = ?, url = ?, host = ?, pid = ?, term = ?, lease_until_ms = ${nowMs} + ${LEASE_MS} WHERE name = ?`,
      [me.id, me.url, me.host, me.pid, term, NAME],
    );
    return { term, before: row?.confirmed ?? NOTHING };
  });
}

const CONFIRMED = 'lineage = ?, confirmed_term = ?, confirmed_seq = ?, holders = ?';
const confirmedValues = ({ lineage, term, seq, holders }: ConfirmedEntries): (string | number)[] => [lineage, term, seq, holders];

function keep(database: SqlDatabase, me: Process, { term, before }: Taken, askedAtMs: number): Leadership {
  const mine = 'WHERE name = ? AND holder = ? AND term = ?';
  let confirmed = (): ConfirmedEntries => before;
  const set = (what: string, values: readonly (string | number)[] = []): Promise<number> =>
    database.transaction((transaction) => transaction.run(`UPDATE tagmill_leader SET ${what} ${mine}`, [...values, NAME, me.id, term]));
  const setLease = (untilMs: string): Promise<number> => {
    return set(`lease_until_ms = ${untilMs}, ${CONFIRMED}`, confirmedValues(confirmed()));
  };
  let released = false;
  const lease = new LeaderLease(askedAtMs, `another manager has taken over ${database.name}; this one must not go on`, {
    renew: async () => {
      failpoint('manager.leader.renewing');
      return (await setLease(`${database.dialect.nowMs} + ${LEASE_MS}`)) > 0;
    },
    steady: () => performance.now(),
  });
  return {
    term,
    before,
    async tell(source) {
      confirmed = source;
      await set(CONFIRMED, confirmedValues(source()));
    },
    lost: lease.lost,
    leads: () => lease.stands(),
    whenLeading: (task) => lease.whenItStands(task),
    async release() {
      if (released) return;
      released = true;
      lease.end();
      await setLease('0');
    },
  };
}

/**
 * Throws MANAGER_LIVE when somebody else holds a lease that has not run out,
 * unless that was a process of this host that is gone.
 */
export function mayLead(me: Process, row: LeaderRow | undefined, database: string): void {
  if (row === undefined || !row.live || row.id === me.id) return;
  if (row.host === me.host && !processExists(row.pid)) return;
  throw new TagmillError(
    'MANAGER_LIVE',
    `the manager at ${row.url} (process ${row.pid} on ${row.host}) works on ${database}; add --manager ${row.url} to use it, or stop it first`,
    { url: row.url, host: row.host, pid: row.pid },
  );
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
