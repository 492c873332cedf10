/** Shards settled in MySQL and MariaDB; the other side of it is the executors' fence. */
import { describeDatabase, type MysqlTarget } from '@tagmill/shared/database-url';
import { TagmillError } from '@tagmill/shared/errors';
import type { MergeResult } from '@tagmill/shared/job';
import { failureKind, isErrno, toDatabaseError } from '@tagmill/shared/sinks/mysql-errors';
import { MYSQL_SINK_TABLES } from '@tagmill/shared/sinks/mysql-tables';
import type { SettleRequest, ShardLedger } from '../ledger.ts';
import { shardSum } from '../shard-sum.ts';
import { Settler } from './settler.ts';

/** Shards in one statement. */
const CHUNK = 500;
/** How often, a second each, an attempt that holds a shard is waited for, and ended. */
const TURNS = 10;
/** A deadlock or a lost connection: tried so often. */
const TRIES = 3;

export class MysqlShardLedger implements ShardLedger {
  readonly #target: MysqlTarget;
  readonly #turns: number;

  constructor(target: MysqlTarget, options: { readonly turns?: number } = {}) {
    this.#target = target;
    this.#turns = options.turns ?? TURNS;
  }

  async settle(request: SettleRequest): Promise<readonly (MergeResult | null)[]> {
    const results: (MergeResult | null)[] = [];
    for (let from = 0; from < request.shards.length; from += CHUNK) {
      const hashes = request.pieceHashes;
      const part = {
        ...request,
        shards: request.shards.slice(from, from + CHUNK),
        pieceHashes: hashes === null ? null : hashes.slice(from, from + CHUNK),
      };
      results.push(...(await this.#again((settler) => this.#settle(settler, part))));
    }
    return results;
  }

  async #settle(settler: Settler, request: SettleRequest): Promise<(MergeResult | null)[]> {
    const { shards, scope, pieceHashes } = request;
    const held = await settler.raise(request, shards);
    if (held.length > 0) await this.#take(settler, request, held);
    // Only now: what an older attempt committed is there, and nothing can follow.
    const found = await settler.batches(request, shards);
    return shards.map((shard, at) => shardSum(found.get(shard) ?? [], scope, pieceHashes?.[at] ?? null));
  }

  /** Raises the fences of shards that attempts hold, and ends those attempts when they do not let go. */
  async #take(settler: Settler, request: SettleRequest, held: readonly number[]): Promise<void> {
    for (const [at, shard] of held.entries()) {
      let refused: unknown;
      for (let turns = 1; !(await settler.raiseInTurn(request, shard)); turns += 1) {
        if (turns > this.#turns) throw this.#stillHeld(shard, refused);
        try {
          await settler.killHolders(request, held.slice(at));
        } catch (error) {
          if (!isErrno(error, 1095)) throw error;
          refused = error;
        }
      }
    }
  }

  #stillHeld(shard: number, refused: unknown): TagmillError {
    const where = describeDatabase(this.#target);
    if (refused !== undefined) {
      return new TagmillError(
        'DATABASE_DENIED',
        `a lost attempt still holds shard ${shard} in ${where}, and this user may not end its connection; let manager and executors use one user, or grant CONNECTION ADMIN`,
        { shard },
        refused,
      );
    }
    return new TagmillError('DATABASE_UNAVAILABLE', `shard ${shard} is still held by a transaction in ${where}; end it or let it commit`, {
      shard,
    });
  }

  async #again<T>(work: (settler: Settler) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      let settler: Settler | undefined;
      try {
        settler = await Settler.open(this.#target);
        return await work(settler);
      } catch (error) {
        // A target that nobody has merged into yet.
        if (isErrno(error, 1146) && settler !== undefined && tries === 1) await this.#create(settler);
        else if (failureKind(error) === 'fatal' || tries >= TRIES) throw toDatabaseError(error, this.#target);
      } finally {
        settler?.close();
      }
    }
  }

  async #create(settler: Settler): Promise<void> {
    try {
      await settler.create(MYSQL_SINK_TABLES);
    } catch (error) {
      throw toDatabaseError(error, this.#target);
    }
  }
}
