/** Policies of tags in SQL: one row a tag. */
import type { TagPolicy } from '@tagmill/shared/tag-policy';
import type { PolicyRow, TagPolicies } from './metadata.ts';
import { numberOf, type SqlDatabase, type SqlRow, textOf } from './sql-database.ts';

const SELECT = 'SELECT tag_id, unknown_policy, max_unknown_share, max_move, who, reason, updated_ms FROM tagmill_tag_policies';

const optional = (value: unknown): number | undefined => (value === null || value === undefined ? undefined : numberOf(value));

/** `keep_for:3` stands for three runs. What nobody here has written is `keep`. */
function unknownPolicy(text: string): Pick<TagPolicy, 'unknown' | 'keepForRuns'> {
  const runs = /^keep_for:([1-9]\d{0,3})$/.exec(text)?.[1];
  if (runs !== undefined) return { unknown: 'keep_for', keepForRuns: Number(runs) };
  return { unknown: text === 'remove' ? 'remove' : 'keep' };
}

const unknownText = ({ unknown, keepForRuns }: TagPolicy): string => (unknown === 'keep_for' ? `keep_for:${keepForRuns ?? 1}` : unknown);

function policyRow(row: SqlRow): PolicyRow {
  const [maxUnknownShare, maxMove] = [optional(row['max_unknown_share']), optional(row['max_move'])];
  return {
    tagId: numberOf(row['tag_id']),
    policy: {
      ...unknownPolicy(textOf(row['unknown_policy'])),
      ...(maxUnknownShare === undefined ? {} : { maxUnknownShare }),
      ...(maxMove === undefined ? {} : { maxMove }),
    },
    who: textOf(row['who']),
    reason: textOf(row['reason']),
    updatedMs: numberOf(row['updated_ms']),
  };
}

export class SqlTagPolicies implements TagPolicies {
  readonly #database: SqlDatabase;
  #made: Promise<void> | undefined;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  async all(): Promise<readonly PolicyRow[]> {
    await this.#tables();
    return (await this.#database.all(`${SELECT} ORDER BY tag_id`)).map(policyRow);
  }

  async set({ tagId, policy, who, reason, updatedMs }: PolicyRow): Promise<boolean> {
    await this.#tables();
    return await this.#database.transaction(async (transaction) => {
      const known = await transaction.all('SELECT 1 AS found FROM tag_definition WHERE tag_id = ?', [tagId]);
      if (known.length === 0) return false;
      await transaction.run('DELETE FROM tagmill_tag_policies WHERE tag_id = ?', [tagId]);
      await transaction.run(
        'INSERT INTO tagmill_tag_policies (tag_id, unknown_policy, max_unknown_share, max_move, who, reason, updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?)',
        [tagId, unknownText(policy), policy.maxUnknownShare ?? null, policy.maxMove ?? null, who, reason, updatedMs],
      );
      return true;
    });
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
