/** The leader's row: who may take it, and how it is kept. The same for every database. */
import { hostname } from 'node:os';
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import { LEASE_MS, type LeaderHolder, type LeaderRow, type Leadership } from './metadata.ts';
import { numberOf, type SqlDatabase, textOf } from './sql-database.ts';

const NAME = 'manager';
const RENEW_MS = 3_000;

type Process = Required<LeaderHolder>;

/** Takes the row under the next term, or throws MANAGER_LIVE; then renews its lease until released or lost. */
export async function claimLeadership(database: SqlDatabase, holder: LeaderHolder): Promise<Leadership> {
  const me: Process = { host: hostname(), pid: process.pid, ...holder };
  await database.create([database.dialect.leaderTable], false);
  const term = await take(database, me);
  failpoint('manager.leader.taken');
  return keep(database, me, term);
}

export async function readLeader(
  database: SqlDatabase,
  transaction: Pick<SqlDatabase, 'all'> = database,
  suffix = '',
): Promise<LeaderRow | undefined> {
  const sql = `SELECT holder, url, host, pid, term, CASE WHEN lease_until_ms > ${database.dialect.nowMs} THEN 1 ELSE 0 END AS live
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
  };
}

async function take(database: SqlDatabase, me: Process): Promise<number> {
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
    return term;
  });
}

function keep(database: SqlDatabase, me: Process, term: number): Leadership {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const mine = 'WHERE name = ? AND holder = ? AND term = ?';
  const setLease = (untilMs: string): Promise<number> =>
    database.transaction((transaction) =>
      transaction.run(`UPDATE tagmill_leader SET lease_until_ms = ${untilMs} ${mine}`, [NAME, me.id, term]),
    );
  const lost = new Promise<TagmillError>((resolve, reject) => {
    const renew = async (): Promise<void> => {
      try {
        failpoint('manager.leader.renewing');
        const met = await setLease(`${database.dialect.nowMs} + ${LEASE_MS}`);
        if (met === 0 && !ended) {
          ended = true;
          resolve(new TagmillError('MANAGER_LIVE', `another manager has taken over ${database.name}; this one must not go on`, { term }));
        }
      } catch (error) {
        // Nobody can take over in a database that is away; the row is asked again when it is back.
        if (!toTagmillError(error).retry) throw error;
      }
      if (!ended) plan();
    };
    const plan = (): void => {
      timer = setTimeout(() => {
        renew().catch((error: unknown) => {
          if (!ended) reject(toTagmillError(error));
        });
      }, RENEW_MS);
      timer.unref();
    };
    plan();
  });
  return {
    term,
    lost,
    async release() {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
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
