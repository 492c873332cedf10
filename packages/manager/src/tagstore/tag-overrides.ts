/** Inclusions and exclusions by hand in SQL: the user's row, and the record of who said so. */
import { TagmillError } from '@tagmill/shared/errors';
import { overrideRow, type OverrideKind } from '@tagmill/shared/merge/override-row';
import type { OverrideRow, TagOverrides } from './metadata.ts';
import { numberOf, type SqlDatabase, type SqlRow, type SqlTransaction, textOf, textOrNull } from './sql-database.ts';

const SELECT = 'SELECT tag_id, user_id, at_ms, kind, who, reason, before_entry FROM tagmill_tag_overrides';

interface Recorded extends OverrideRow {
  readonly before: string | null;
}

const recorded = (row: SqlRow): Recorded => ({
  userId: textOf(row['user_id']),
  tagId: numberOf(row['tag_id']),
  kind: textOf(row['kind']) as OverrideKind,
  who: textOf(row['who']),
  reason: textOf(row['reason']),
  atMs: numberOf(row['at_ms']),
  before: textOrNull(row['before_entry']),
});

export class SqlTagOverrides implements TagOverrides {
  readonly #database: SqlDatabase;
  #made: Promise<void> | undefined;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  async of(tagId: number): Promise<readonly OverrideRow[]> {
    await this.#tables();
    const rows = (await this.#database.all(`${SELECT} WHERE tag_id = ? ORDER BY at_ms`, [tagId])).map(recorded);
    return [...newest(rows).values()]
      .filter(({ kind }) => kind !== 'clear')
      .map(({ before: _, ...row }) => row)
      .sort((a, b) => Buffer.compare(Buffer.from(a.userId), Buffer.from(b.userId)));
  }

  async newestMs(): Promise<number> {
    await this.#tables();
    const [row] = await this.#database.all('SELECT COALESCE(MAX(at_ms), 0) AS newest FROM tagmill_tag_overrides');
    return numberOf(row?.['newest']);
  }

  /** Who is excluded from each of these tags; a tag that excludes nobody is not there. */
  async excluded(tags: readonly number[]): Promise<ReadonlyMap<number, readonly string[]>> {
    const found = new Map<number, readonly string[]>();
    for (const tag of tags) {
      const users = (await this.of(tag)).filter(({ kind }) => kind === 'exclude').map(({ userId }) => userId);
      if (users.length > 0) found.set(tag, users);
    }
    return found;
  }

  async set(row: OverrideRow): Promise<boolean> {
    await this.#tables();
    return await this.#database.transaction(async (transaction) => {
      const [tag] = await transaction.all('SELECT tag_name FROM tag_definition WHERE tag_id = ?', [row.tagId]);
      if (tag === undefined) return false;
      const said = (await transaction.all(`${SELECT} WHERE tag_id = ? AND user_id = ? ORDER BY at_ms`, [row.tagId, row.userId])).map(
        recorded,
      );
      const last = said.at(-1);
      const carried = last?.kind === 'include' ? last.before : null;
      const before = await this.#write(transaction, row, textOf(tag['tag_name']), carried);
      // Two words in one millisecond have an order, too.
      const atMs = Math.max(row.atMs, (last?.atMs ?? 0) + 1);
      await transaction.run(
        'INSERT INTO tagmill_tag_overrides (tag_id, user_id, at_ms, kind, who, reason, before_entry) VALUES (?, ?, ?, ?, ?, ?, ?)',
        [row.tagId, row.userId, atMs, row.kind, row.who, row.reason, row.kind === 'include' ? (before ?? carried) : null],
      );
      return true;
    });
  }

  /** Writes the user's row. Gives the entry by which a rule had given the tag. */
  async #write(transaction: SqlTransaction, row: OverrideRow, tagName: string, before: string | null): Promise<string | null> {
    const { userId, tagId, kind, who, reason, atMs } = row;
    const rows = await transaction.all(
      `SELECT user_id, CAST(tag_ids AS CHAR) AS tag_ids, CAST(tag_details AS CHAR) AS tag_details FROM user_tags WHERE user_id = ?${this.#database.dialect.forUpdate}`,
      [userId],
    );
    const own = rows.find((one) => textOf(one['user_id']) === userId);
    if (own === undefined && rows.length > 0)
      throw new TagmillError(
        'KEY_CONFLICT',
        `user ${userId} is equal to ${textOf(rows[0]!['user_id'])} under the collation of user_tags.user_id`,
      );
    if (own === undefined && kind === 'clear') return null;
    const since = new Date(atMs).toISOString().slice(0, 10);
    const made = overrideRow(textOrNull(own?.['tag_ids'] ?? '[]'), textOrNull(own?.['tag_details']), {
      ...{ tagId, tagName, kind, who, reason, since, before },
    });
    if (made.kind === 'unreadable')
      throw new TagmillError(
        'ACTION_REFUSED',
        `the row of user ${userId} in user_tags cannot be read: mend its tag_ids and tag_details first`,
      );
    if (own === undefined)
      await transaction.run('INSERT INTO user_tags (user_id, tag_ids, tag_details) VALUES (?, ?, ?)', [
        userId,
        made.tagIds,
        made.tagDetails,
      ]);
    else
      await transaction.run('UPDATE user_tags SET tag_ids = ?, tag_details = ?, updated_time = CURRENT_TIMESTAMP WHERE user_id = ?', [
        made.tagIds,
        made.tagDetails,
        userId,
      ]);
    return made.before;
  }

  /** Made when first needed: an older database has none. */
  async #tables(): Promise<void> {
    this.#made ??= this.#database.create(this.#database.dialect.policyTables, false);
    try {
      await this.#made;
    } catch (error) {
      this.#made = undefined;
      throw error;
    }
  }
}

const newest = (rows: readonly Recorded[]): Map<string, Recorded> => new Map(rows.map((row) => [row.userId, row]));
