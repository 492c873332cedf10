/** The merge's own tables in SQLite: who may write a shard, which batches are done, what they changed. Called inside transactions. */
import { TagmillError } from '@tagmill/shared/errors';
import type { BatchCounts } from '@tagmill/shared/merge/counts';
import type { Statement } from 'better-sqlite3';
import type { BatchDone } from '../shard-sum.ts';
import type { SqliteDatabase } from './open.ts';

const PLACE = 'run_id = ? AND pass = ? AND shard = ?';

export type Place = readonly [runId: string, pass: number, shard: number];

export interface FenceTicket {
  readonly term: number;
  readonly token: number;
}

/** A batch that was merged or undone. */
export interface BatchOutcome {
  readonly count: number;
  readonly changedUsers: number;
  keyText(row: number): string;
  changeBlock(): Buffer;
}

export class BatchLedger {
  readonly #database: SqliteDatabase;
  readonly #statements = new Map<string, Statement>();

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  prepare(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Makes the ticket the shard's. Throws FENCED when a higher one has it. */
  claim(place: Place, ticket: FenceTicket): void {
    const { term, token } = ticket;
    const holder = this.raise(place, ticket);
    if (holder.term === term && holder.token === token) return;
    throw new TagmillError(
      'FENCED',
      `shard ${place[2]} of run ${place[0]} may not be written with term ${term} token ${token}: term ${holder.term} token ${holder.token} holds it`,
      { shard: place[2], term, token },
    );
  }

  /** Makes the ticket the shard's unless a higher one has it; gives the one that has it now. */
  raise(place: Place, ticket: FenceTicket): FenceTicket {
    const select = this.prepare(`SELECT term, token FROM tagmill_shard_fence WHERE ${PLACE}`).raw();
    const found = select.get(...place) as [number, number] | undefined;
    const { term, token } = ticket;
    if (found !== undefined && (found[0] > term || (found[0] === term && found[1] >= token))) return { term: found[0], token: found[1] };
    this.prepare('INSERT OR REPLACE INTO tagmill_shard_fence (run_id, pass, shard, term, token) VALUES (?, ?, ?, ?, ?)').run(
      ...place,
      term,
      token,
    );
    return ticket;
  }

  /** The counts of the attempt that committed the batch before, if one did. */
  doneBefore(place: Place, index: number): BatchCounts | undefined {
    const counts = this.prepare(`SELECT counts FROM tagmill_batch_done WHERE ${PLACE} AND batch = ?`)
      .pluck()
      .get(...place, index);
    return counts === undefined ? undefined : (JSON.parse(String(counts)) as BatchCounts);
  }

  /** All batches of the shard that are done, in order. */
  done(place: Place): BatchDone[] {
    const select = this.prepare(`SELECT batch, piece_hash, counts FROM tagmill_batch_done WHERE ${PLACE} ORDER BY batch`).raw();
    return (select.all(...place) as [number, string, string][]).map(([batch, pieceHash, counts]) => ({ batch, pieceHash, counts }));
  }

  record(place: Place, index: number, ticket: FenceTicket, pieceHash: string, batch: BatchOutcome, counts: BatchCounts): void {
    if (batch.changedUsers > 0) {
      this.prepare(
        'INSERT INTO tagmill_changes (run_id, pass, shard, batch, users, first_user, last_user, block) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      ).run(...place, index, batch.changedUsers, batch.keyText(0), batch.keyText(batch.count - 1), batch.changeBlock());
    }
    this.prepare(
      'INSERT INTO tagmill_batch_done (run_id, pass, shard, batch, term, token, piece_hash, counts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ).run(...place, index, ticket.term, ticket.token, pieceHash, JSON.stringify(counts));
  }

  /** The change block number `index` of the shard, from 0, and whether it is the last; undefined: there are no more. */
  changeBlock(place: Place, index: number): { readonly block: Uint8Array; readonly last: boolean } | undefined {
    const select = this.prepare(`SELECT batch FROM tagmill_changes WHERE ${PLACE} ORDER BY batch LIMIT 2 OFFSET ?`).pluck();
    const [batch, next] = select.all(...place, index) as number[];
    if (batch === undefined) return undefined;
    const block = this.prepare(`SELECT block FROM tagmill_changes WHERE ${PLACE} AND batch = ?`)
      .pluck()
      .get(...place, batch);
    return { block: block as Uint8Array, last: next === undefined };
  }
}
