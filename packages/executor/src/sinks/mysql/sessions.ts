/** Connections of the sink that wait for the next shard, and what they all know of the target. */
import type { MysqlTarget } from '@tagmill/shared/database-url';
import { Session } from './session.ts';
import { readTarget, type TargetTable } from './target.ts';

export class Sessions {
  readonly #target: MysqlTarget;
  readonly #idle: Session[] = [];
  #table: TargetTable | undefined;
  #closed = false;

  constructor(target: MysqlTarget) {
    this.#target = target;
  }

  /** One that waits, or a new one. Rejects with the driver's error. */
  async take(): Promise<Session> {
    let session = this.#idle.pop();
    while (session?.gone === true) session = this.#idle.pop();
    return session ?? (await Session.open(this.#target));
  }

  putBack(session: Session): void {
    if (this.#closed || session.gone) session.destroy();
    else this.#idle.push(session);
  }

  /** Read once. Throws DATABASE_SCHEMA. */
  async table(session: Session): Promise<TargetTable> {
    this.#table ??= await readTarget(session, this.#target);
    return this.#table;
  }

  close(): void {
    this.#closed = true;
    for (const session of this.#idle.splice(0)) session.close();
  }
}
