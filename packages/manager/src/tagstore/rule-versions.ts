/** Versions of rules in SQL. Nothing but a version's state is ever changed; the live one stands in `tag_rules` as well. */
import type { NewRuleVersion, RuleVersionRow, RuleVersions, StoredRule, TagVersions, VersionWrite } from './metadata.ts';
import { ruleRow, SELECT_RULES, SqlRuleTables } from './rule-tables.ts';
import { chooseRules, ruleHash, sameJson } from './rules.ts';
import { numberOf, type SqlDatabase, type SqlRow, type SqlTransaction, textOf, textOrNull } from './sql-database.ts';

const SELECT = `SELECT tag_id, version, state, rule_conditions, examples, rule_hash, who, reason, created_ms,
  live_who, live_reason, live_ms FROM tag_rule_versions`;

/** What a writer names as seen: the newest version and the live one. */
export function versionTag(versions: readonly RuleVersionRow[]): string {
  const newest = versions[0]?.version ?? 0;
  const live = versions.find((row) => row.state === 'live')?.version ?? 0;
  return `v${newest}.${live}`;
}

/** Who a change is said to be of when nobody made it here. */
const OUTSIDE = { who: 'database', first: 'as it was found in the database', later: 'edited in the database' } as const;
const IMPORTED = { who: 'import', first: 'imported from a file', later: 'imported from a file' } as const;

export class SqlRuleVersions implements RuleVersions {
  readonly #database: SqlDatabase;
  #made: Promise<void> | undefined;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  async read(tagId: number): Promise<TagVersions | undefined> {
    await this.table();
    return await this.#database.transaction((transaction) => this.#current(transaction, tagId, Date.now()));
  }

  async add(version: NewRuleVersion, expected: string): Promise<VersionWrite | undefined> {
    await this.table();
    return await this.#database.transaction(async (transaction) => {
      const now = await this.#current(transaction, version.tagId, version.atMs);
      if (now === undefined) return undefined;
      if (versionTag(now.versions) !== expected) return { kind: 'conflict', now };
      const text = version.state === 'live' ? await writeLive(transaction, version.tagId, version.ruleJson) : version.ruleJson;
      const examplesJson = version.examplesJson === undefined ? (now.versions[0]?.examplesJson ?? null) : version.examplesJson;
      const row = await insert(transaction, { ...version, examplesJson, ruleJson: text }, (now.versions[0]?.version ?? 0) + 1);
      return { kind: 'written', row, now: { ...now, versions: await versionsOf(transaction, version.tagId) } };
    });
  }

  async publish(
    tagId: number,
    version: number,
    expected: string,
    by: { readonly who: string; readonly reason: string; readonly atMs: number },
  ): Promise<VersionWrite | undefined> {
    await this.table();
    return await this.#database.transaction(async (transaction) => {
      const now = await this.#current(transaction, tagId, by.atMs);
      const draft = now?.versions.find((row) => row.version === version);
      if (now === undefined || draft === undefined) return undefined;
      if (versionTag(now.versions) !== expected || draft.state !== 'draft') return { kind: 'conflict', now };
      const text = await writeLive(transaction, tagId, draft.ruleJson);
      await retireLive(transaction, tagId);
      await transaction.run(
        "UPDATE tag_rule_versions SET state = 'live', rule_conditions = ?, live_who = ?, live_reason = ?, live_ms = ? WHERE tag_id = ? AND version = ?",
        [text, by.who, by.reason, by.atMs, tagId, version],
      );
      const versions = await versionsOf(transaction, tagId);
      return { kind: 'written', row: versions.find((row) => row.version === version)!, now: { ...now, versions } };
    });
  }

  async pinned(nowMs: number): Promise<(StoredRule & { readonly ruleVersion: number })[]> {
    await this.table();
    const rules = chooseRules((await this.#database.all(SELECT_RULES)).map(ruleRow));
    const live = new Map((await this.#database.all(`${SELECT} WHERE state = 'live'`)).map(versionRow).map((row) => [row.tagId, row]));
    const found: (StoredRule & { readonly ruleVersion: number })[] = [];
    for (const rule of rules) {
      const known = live.get(rule.tagId);
      if (known !== undefined && sameJson(known.ruleJson, rule.ruleJson)) found.push({ ...rule, ruleVersion: known.version });
      else found.push(await this.#changedOutside(rule, nowMs));
    }
    return found;
  }

  /** Gives a rule that an import has just written its version. */
  async imported(transaction: SqlTransaction, tagId: number, nowMs: number): Promise<void> {
    await this.#current(transaction, tagId, nowMs, IMPORTED);
  }

  /** The rule as it stands when its version is written, which another change may have come before. */
  async #changedOutside(rule: StoredRule, nowMs: number): Promise<StoredRule & { readonly ruleVersion: number }> {
    return await this.#database.transaction(async (transaction) => {
      const now = await this.#current(transaction, rule.tagId, nowMs);
      const live = now?.versions.find((row) => row.state === 'live');
      return live === undefined ? { ...rule, ruleVersion: 1 } : { ...rule, ruleJson: live.ruleJson, ruleVersion: live.version };
    });
  }

  /** Locks the tag, gives a rule that was written into `tag_rules` its version, and reads them all. */
  async #current(
    transaction: SqlTransaction,
    tagId: number,
    nowMs: number,
    by: typeof OUTSIDE | typeof IMPORTED = OUTSIDE,
  ): Promise<TagVersions | undefined> {
    const { forUpdate } = this.#database.dialect;
    const [tag] = await transaction.all(`SELECT tag_name FROM tag_definition WHERE tag_id = ?${forUpdate}`, [tagId]);
    if (tag === undefined) return undefined;
    const tagName = textOf(tag['tag_name']);
    const versions = await versionsOf(transaction, tagId);
    const stands = await new SqlRuleTables(transaction).chosenRule(tagId);
    const live = versions.find((row) => row.state === 'live');
    if (stands === undefined || (live !== undefined && sameJson(live.ruleJson, stands.ruleJson))) return { tagId, tagName, versions };
    const seen = { tagId, ruleJson: stands.ruleJson, examplesJson: live?.examplesJson ?? null, state: 'live' as const };
    await insert(
      transaction,
      { ...seen, who: by.who, reason: versions.length === 0 ? by.first : by.later, atMs: nowMs },
      (versions[0]?.version ?? 0) + 1,
    );
    return { tagId, tagName, versions: await versionsOf(transaction, tagId) };
  }

  /** Makes the table where it is missing. */
  table(): Promise<void> {
    this.#made ??= this.#database.create([this.#database.dialect.versionTable], false);
    // A database that was away is asked again.
    this.#made.catch(() => {
      this.#made = undefined;
    });
    return this.#made;
  }
}

async function versionsOf(transaction: SqlTransaction, tagId: number): Promise<readonly RuleVersionRow[]> {
  return (await transaction.all(`${SELECT} WHERE tag_id = ? ORDER BY version DESC`, [tagId])).map(versionRow);
}

function versionRow(row: SqlRow): RuleVersionRow {
  const liveMs = row['live_ms'];
  const published =
    liveMs === null || liveMs === undefined
      ? null
      : { who: textOf(row['live_who']), reason: textOf(row['live_reason']), atMs: numberOf(liveMs) };
  return {
    tagId: numberOf(row['tag_id']),
    version: numberOf(row['version']),
    state: textOf(row['state']) as RuleVersionRow['state'],
    ruleJson: textOf(row['rule_conditions']),
    examplesJson: textOrNull(row['examples']),
    hash: textOf(row['rule_hash']),
    who: textOf(row['who']),
    reason: textOf(row['reason']),
    atMs: numberOf(row['created_ms']),
    published,
  };
}

/** Puts the rule where runs read it; gives its text as the database keeps it, which may have its own spacing. */
async function writeLive(transaction: SqlTransaction, tagId: number, ruleJson: string): Promise<string> {
  const tables = new SqlRuleTables(transaction);
  const held = await tables.chosenRule(tagId);
  if (held === undefined) await tables.addRule(tagId, ruleJson, true);
  else await tables.setRule(held.ruleId, ruleJson, held.isActive);
  return (await tables.chosenRule(tagId))?.ruleJson ?? ruleJson;
}

const retireLive = (transaction: SqlTransaction, tagId: number): Promise<number> =>
  transaction.run("UPDATE tag_rule_versions SET state = 'past' WHERE tag_id = ? AND state = 'live'", [tagId]);

type Inserted = Omit<NewRuleVersion, 'examplesJson'> & { readonly examplesJson: string | null };

async function insert(transaction: SqlTransaction, one: Inserted, version: number): Promise<RuleVersionRow> {
  if (one.state === 'live') await retireLive(transaction, one.tagId);
  const hash = ruleHash(one.ruleJson);
  await transaction.run(
    `INSERT INTO tag_rule_versions (tag_id, version, state, rule_conditions, examples, rule_hash, who, reason, created_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [one.tagId, version, one.state, one.ruleJson, one.examplesJson, hash, one.who, one.reason, one.atMs],
  );
  return { ...one, version, hash, published: null };
}
