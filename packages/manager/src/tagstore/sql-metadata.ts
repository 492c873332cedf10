/** Metadata over any SQL database that the two dialects cover. */
import { collectHistory } from './history.ts';
import { likelyHolders, tellHolders } from './holders.ts';
import { importInto } from './import-rules.ts';
import { claimLeadership, readLeader } from './leader.ts';
import { ensureLeaderTable } from './leader-table.ts';
import type {
  ImportCounts,
  LeaderHolder,
  LeaderRow,
  Leadership,
  RuleImport,
  StoredRule,
  HistoryAsked,
  HistoryFound,
  Holder,
  StoredUserTags,
  TagMetadata,
  UserTagsRow,
} from './metadata.ts';
import { definitionRow, ruleRow, SELECT_DEFINITIONS, SELECT_RULES, SqlRuleTables } from './rule-tables.ts';
import { SqlNamedLists } from './named-lists.ts';
import { SqlRuleVersions } from './rule-versions.ts';
import { SqlTagOverrides } from './tag-overrides.ts';
import { SqlTagPolicies } from './tag-policies.ts';
import { chooseRules } from './rules.ts';
import { numberOf, type SqlDatabase, textOf, textOrNull } from './sql-database.ts';

export class SqlMetadata implements TagMetadata {
  readonly #database: SqlDatabase;
  readonly versions: SqlRuleVersions;
  readonly lists: SqlNamedLists;
  readonly policies: SqlTagPolicies;
  readonly overrides: SqlTagOverrides;

  constructor(database: SqlDatabase) {
    this.#database = database;
    this.versions = new SqlRuleVersions(database);
    this.lists = new SqlNamedLists(database);
    this.policies = new SqlTagPolicies(database);
    this.overrides = new SqlTagOverrides(database);
  }

  async init(): Promise<void> {
    const { tables, leaderTable, versionTables, listTables, policyTables } = this.#database.dialect;
    await this.#database.create([...tables, ...versionTables, ...listTables, ...policyTables, leaderTable], true);
    await ensureLeaderTable(this.#database);
    await this.versions.table();
  }

  async loadRules(): Promise<StoredRule[]> {
    return chooseRules((await this.#database.all(SELECT_RULES)).map(ruleRow));
  }

  async importRules(rules: readonly RuleImport[]): Promise<ImportCounts> {
    await this.versions.table();
    return await this.#database.transaction(async (transaction) => {
      const counts = await importInto(new SqlRuleTables(transaction), rules);
      for (const rule of rules) if (rule.ruleJson !== null) await this.versions.imported(transaction, rule.tagId, Date.now());
      return counts;
    });
  }

  async exportRules(): Promise<RuleImport[]> {
    const rows = (await this.#database.all(SELECT_RULES)).map(ruleRow);
    const chosen = new Map(chooseRules(rows).map((rule) => [rule.tagId, rule]));
    const active = new Map(rows.map((row) => [row.ruleId, row.ruleActive && row.tagActive]));
    const definitions = await this.#database.all(`${SELECT_DEFINITIONS} ORDER BY tag_id`);
    return definitions.map((found) => {
      const tagId = numberOf(found['tag_id']);
      const { tagName, category, description, isActive } = definitionRow(found);
      const rule = chosen.get(tagId);
      if (rule === undefined) return { tagId, tagName, category, description, isActive, ruleJson: null };
      return { tagId, tagName, category, description, isActive: active.get(rule.ruleId) === true, ruleJson: rule.ruleJson };
    });
  }

  async countUserTags(): Promise<number> {
    const [row] = await this.#database.all('SELECT COUNT(*) AS n FROM user_tags');
    return numberOf(row?.['n']);
  }

  async userTagsOf(userId: string): Promise<StoredUserTags | undefined> {
    const sql =
      'SELECT user_id, CAST(tag_ids AS CHAR) AS tag_ids, CAST(tag_details AS CHAR) AS tag_details FROM user_tags WHERE user_id = ?';
    // A collation may hold another user equal.
    const row = (await this.#database.all(sql, [userId])).find((one) => textOf(one['user_id']) === userId);
    return row === undefined ? undefined : { tagIds: textOrNull(row['tag_ids']), tagDetails: textOrNull(row['tag_details']) };
  }

  async eachHolder(tags: readonly number[], see: (holder: Holder) => Promise<void> | undefined): Promise<void> {
    if (tags.length > 0) await tellHolders(this.#database.detailedTags(likelyHolders(tags)), tags, see);
  }

  async historyOf(asked: readonly HistoryAsked[], now: ReadonlyMap<number, readonly string[]>): Promise<readonly HistoryFound[]> {
    if (asked.length === 0) return [];
    const begins = await this.#database.historyBeginsMs();
    return await collectHistory(asked, now, (sinceMs) => this.#database.changeBlocks(sinceMs), begins);
  }

  exportUserTags(): AsyncIterable<UserTagsRow> {
    return this.#database.userTags();
  }

  async ping(): Promise<void> {
    await this.#database.all('SELECT 1 AS one');
  }

  claimLeadership(holder: LeaderHolder): Promise<Leadership> {
    return claimLeadership(this.#database, holder);
  }

  async leader(): Promise<LeaderRow | undefined> {
    await ensureLeaderTable(this.#database);
    const row = await readLeader(this.#database);
    return row === undefined || row.term === 0 ? undefined : row;
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
