/** Who may write a shard. Reference: data-plane and control-plane design, "MySQL side of fencing". */
import { TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import { isErrno } from '@tagmill/shared/sinks/mysql-errors';
import { LOCK_WAIT_S, type Session } from './session.ts';

/** Seconds to wait for a peer that may be frozen inside its transaction. */
const CLAIM_WAIT_S = 2;
const CLAIM_TRIES = 5;

const WHERE = 'WHERE run_id = ? AND pass = ? AND shard = ?';
// Assigned from left to right: what the conditions compare is changed last.
const CLAIM = `INSERT INTO tagmill_shard_fence (run_id, pass, shard, term, token, connection_id)
  VALUES (?, ?, ?, ?, ?, CONNECTION_ID())
  ON DUPLICATE KEY UPDATE
    connection_id = IF(term < VALUES(term) OR (term = VALUES(term) AND token <= VALUES(token)), VALUES(connection_id), connection_id),
    claimed_time = claimed_time,
    token = IF(term < VALUES(term) OR (term = VALUES(term) AND token <= VALUES(token)), VALUES(token), token),
    term = GREATEST(term, VALUES(term))`;

export type ShardPlace = readonly [runId: string, pass: number, shard: number];

export class Fence {
  readonly place: ShardPlace;
  readonly term: number;
  readonly token: number;

  constructor(place: ShardPlace, { term, token }: { readonly term: number; readonly token: number }) {
    this.place = place;
    this.term = term;
    this.token = token;
  }

  /**
   * Makes (term, token) the shard's holder, in a transaction of its own, so
   * that a peer which wakes up later finds it. A peer that is frozen inside a
   * transaction and holds the row is killed by the number of its connection.
   * Throws FENCED when a higher one holds the shard.
   */
  async claim(session: Session): Promise<void> {
    await session.write(`SET SESSION innodb_lock_wait_timeout = ${CLAIM_WAIT_S}`);
    for (let tries = 1; ; tries += 1) {
      try {
        await session.write(CLAIM, [...this.place, this.term, this.token]);
        failpoint('sink.fence.claimed');
        break;
      } catch (error) {
        if (!isErrno(error, 1205) || tries >= CLAIM_TRIES) throw error;
        await this.killHolder(session);
      }
    }
    await session.write(`SET SESSION innodb_lock_wait_timeout = ${LOCK_WAIT_S}`);
    const [row] = await session.rows(`SELECT term, token FROM tagmill_shard_fence ${WHERE}`, this.place);
    this.#mustBeMine(row);
  }

  /** Inside the merge's transaction: locks the row, and with it the shard. Throws FENCED. */
  async hold(session: Session): Promise<void> {
    try {
      const [row] = await session.rows(`SELECT term, token FROM tagmill_shard_fence ${WHERE} FOR UPDATE`, this.place);
      this.#mustBeMine(row);
    } catch (error) {
      // A connection of ours that we lost may still be open on the server.
      if (isErrno(error, 1205)) await this.killHolder(session);
      throw error;
    }
  }

  /** Kills the connection that claimed the shard last, unless it has a higher token or is this one. */
  async killHolder(session: Session): Promise<void> {
    const [row] = await session.rows(`SELECT term, token, connection_id FROM tagmill_shard_fence ${WHERE}`, this.place);
    if (row === undefined) return;
    this.#mustNotBeHigher(row);
    const connectionId = Number(String(row[2]));
    if (connectionId === session.id) return;
    try {
      await session.write(`KILL ${connectionId}`);
    } catch (error) {
      // 1094: it is gone already.
      if (!isErrno(error, 1094)) throw error;
    }
  }

  #mustBeMine(row: (Buffer | null)[] | undefined): void {
    if (row === undefined) throw this.#fenced('the fence row of the shard is gone');
    this.#mustNotBeHigher(row);
    const same = Number(String(row[0])) === this.term && Number(String(row[1])) === this.token;
    if (!same) throw this.#fenced('the shard is held by another attempt');
  }

  #mustNotBeHigher(row: (Buffer | null)[]): void {
    const term = Number(String(row[0]));
    const token = Number(String(row[1]));
    if (term > this.term || (term === this.term && token > this.token)) {
      throw this.#fenced(`term ${term} token ${token} holds it`);
    }
  }

  #fenced(why: string): TagmillError {
    const { term, token } = this;
    const [runId, , shard] = this.place;
    return new TagmillError('FENCED', `shard ${shard} of run ${runId} may not be written with term ${term} token ${token}: ${why}`, {
      shard,
      term,
      token,
    });
  }
}
