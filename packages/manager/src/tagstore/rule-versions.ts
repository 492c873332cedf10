/** Versions of rules in SQL. Nothing but a version's state is ever changed; the live one stands in `tag_rules` as well. */
import { addColumns } from './added-columns.ts';
import type {
  NewRuleVersion,
  RuleMove,
  RuleReview,
  RuleState,
  RuleVersionRow,
  RuleVersions,
  StoredRule,
  TagVersions,
  VersionHeads,
  VersionWrite,
} from './metadata.ts';
import { ruleRow, SELECT_RULES, SqlRuleTables } from './rule-tables.ts';
import { chooseRules, ruleHash, sameJson } from './rules.ts';
import { numberOf, type SqlDatabase, type SqlRow, type SqlTransaction, textOf, textOrNull } from './sql-database.ts';

const SELECT = `SELECT tag_id, version, state, rule_conditions, examples, rule_hash, canonical_hash, who, reason, created_ms,
  live_who, live_reason, live_ms FROM tag_rule_versions`;

const SELECT_REVIEWS = 'SELECT tag_id, version, at_ms, kind, who, reason FROM tag_rule_reviews';

/** What a writer names as seen: the newest version, the live one, and what has been said of those that are neither. */
export function versionTag(versions: readonly RuleVersionRow[]): string {
  const newest = versions[0]?.version ?? 0;
  const live = versions.find((row) => row.state === 'live')?.version ?? 0;
  const said = versions.reduce((sum, row) => sum + row.reviews.length, 0);
  return said === 0 ? `v${newest}.${live}` : `v${newest}.${live}.${said}`;
}

const STATE_AFTER: Readonly<Record<RuleMove['kind'], RuleState>> = {
  propose: 'proposed',
  approve: 'live',
  reject: 'rejected',
  publish: 'live',
};

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
      const number = (now.versions[0]?.version ?? 0) + 1;
      await insert(transaction, { ...version, examplesJson, ruleJson: text }, number);
      if (version.state === 'proposed')
        await insertReview(transaction, { tagId: version.tagId, version: number, reviews: [] }, 'propose', version);
      const versions = await versionsOf(transaction, version.tagId);
      return { kind: 'written', row: versions[0]!, now: { ...now, versions } };
    });
  }

  async move(tagId: number, version: number, expected: string, move: RuleMove): Promise<VersionWrite | undefined> {
    await this.table();
    return await this.#database.transaction(async (transaction) => {
      const now = await this.#current(transaction, tagId, move.atMs);
      const row = now?.versions.find((one) => one.version === version);
      if (now === undefined || row === undefined) return undefined;
      if (versionTag(now.versions) !== expected || !move.from.includes(row.state)) return { kind: 'conflict', now };
      if (move.kind !== 'publish') await insertReview(transaction, row, move.kind, move);
      const to = STATE_AFTER[move.kind];
      if (to === 'live') await makeLive(transaction, row, move);
      else {
        if (to === 'proposed') await replaceProposal(transaction, tagId);
        await transaction.run('UPDATE tag_rule_versions SET state = ? WHERE tag_id = ? AND version = ?', [to, tagId, version]);
      }
      const versions = await versionsOf(transaction, tagId);
      return { kind: 'written', row: versions.find((one) => one.version === version)!, now: { ...now, versions } };
    });
  }

  async nameForms(tagId: number, hashes: ReadonlyMap<number, string>): Promise<void> {
    if (hashes.size === 0) return;
    await this.table();
    await this.#database.transaction(async (transaction) => {
      for (const [version, hash] of hashes)
        await transaction.run(
          'UPDATE tag_rule_versions SET canonical_hash = ? WHERE tag_id = ? AND version = ? AND canonical_hash IS NULL',
          [hash, tagId, version],
        );
    });
  }

  async heads(): Promise<ReadonlyMap<number, VersionHeads>> {
    await this.table();
    const heads = new Map<number, VersionHeads>();
    for (const row of await this.#database.all('SELECT tag_id, version, state FROM tag_rule_versions ORDER BY tag_id, version')) {
      const [tagId, newest] = [numberOf(row['tag_id']), { version: numberOf(row['version']), state: textOf(row['state']) as RuleState }];
      heads.set(tagId, { newest, live: newest.state === 'live' ? newest.version : (heads.get(tagId)?.live ?? null) });
    }
    return heads;
  }

  async proposed(): Promise<readonly (RuleVersionRow & { readonly tagName: string })[]> {
    await this.table();
    const names = new Map(
      (await this.#database.all('SELECT tag_id, tag_name FROM tag_definition')).map((row) => [
        numberOf(row['tag_id']),
        textOf(row['tag_name']),
      ]),
    );
    const rows = await this.#database.all(`${SELECT} WHERE state = 'proposed' ORDER BY tag_id`);
    const reviews = rows.length === 0 ? [] : await this.#database.all(`${SELECT_REVIEWS} ORDER BY at_ms`);
    return rows.map((row) => ({ ...versionRow(row, reviews), tagName: names.get(numberOf(row['tag_id'])) ?? '' }));
  }

  async pinned(nowMs: number): Promise<(StoredRule & { readonly ruleVersion: number })[]> {
    await this.table();
    const rules = chooseRules((await this.#database.all(SELECT_RULES)).map(ruleRow));
    const versions = (await this.#database.all(`${SELECT} WHERE state = 'live'`)).map((row) => versionRow(row, []));
    const live = new Map(versions.map((row) => [row.tagId, row]));
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
    const examplesJson = live?.examplesJson ?? null;
    const seen = { tagId, ruleJson: stands.ruleJson, examplesJson, canonicalHash: null, state: 'live' as const };
    await insert(
      transaction,
      { ...seen, who: by.who, reason: versions.length === 0 ? by.first : by.later, atMs: nowMs },
      (versions[0]?.version ?? 0) + 1,
    );
    return { tagId, tagName, versions: await versionsOf(transaction, tagId) };
  }

  /** Makes the tables where they are missing. */
  table(): Promise<void> {
    this.#made ??= this.#make();
    // A database that was away is asked again.
    this.#made.catch(() => {
      this.#made = undefined;
    });
    return this.#made;
  }

  async #make(): Promise<void> {
    await this.#database.create(this.#database.dialect.versionTables, false);
    await addColumns(this.#database, 'tag_rule_versions', { canonical_hash: 'VARCHAR(64)' });
  }
}

async function versionsOf(transaction: SqlTransaction, tagId: number): Promise<readonly RuleVersionRow[]> {
  const reviews = await transaction.all(`${SELECT_REVIEWS} WHERE tag_id = ? ORDER BY at_ms`, [tagId]);
  const rows = await transaction.all(`${SELECT} WHERE tag_id = ? ORDER BY version DESC`, [tagId]);
  return rows.map((row) => versionRow(row, reviews));
}

/** `reviews`: of its tag at least, in their order. */
function versionRow(row: SqlRow, reviews: readonly SqlRow[]): RuleVersionRow {
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
    canonicalHash: textOrNull(row['canonical_hash']),
    who: textOf(row['who']),
    reason: textOf(row['reason']),
    atMs: numberOf(row['created_ms']),
    published,
    reviews: reviews
      .filter((one) => numberOf(one['tag_id']) === numberOf(row['tag_id']) && numberOf(one['version']) === numberOf(row['version']))
      .map((one) => ({
        kind: textOf(one['kind']) as RuleReview['kind'],
        who: textOf(one['who']),
        reason: textOf(one['reason']),
        atMs: numberOf(one['at_ms']),
      })),
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

/** One proposal of a tag waits at a time: a newer one takes its place. */
const replaceProposal = (transaction: SqlTransaction, tagId: number): Promise<number> =>
  transaction.run("UPDATE tag_rule_versions SET state = 'past' WHERE tag_id = ? AND state = 'proposed'", [tagId]);

async function makeLive(transaction: SqlTransaction, { tagId, version, ruleJson }: RuleVersionRow, by: RuleMove): Promise<void> {
  const text = await writeLive(transaction, tagId, ruleJson);
  await retireLive(transaction, tagId);
  await transaction.run(
    "UPDATE tag_rule_versions SET state = 'live', rule_conditions = ?, live_who = ?, live_reason = ?, live_ms = ? WHERE tag_id = ? AND version = ?",
    [text, by.who, by.reason, by.atMs, tagId, version],
  );
}

async function insertReview(
  transaction: SqlTransaction,
  { tagId, version, reviews }: Pick<RuleVersionRow, 'tagId' | 'version' | 'reviews'>,
  kind: RuleReview['kind'],
  { who, reason, atMs }: { readonly who: string; readonly reason: string; readonly atMs: number },
): Promise<void> {
  // Two words in one millisecond have an order, too.
  const saidMs = Math.max(atMs, (reviews.at(-1)?.atMs ?? 0) + 1);
  await transaction.run('INSERT INTO tag_rule_reviews (tag_id, version, at_ms, kind, who, reason) VALUES (?, ?, ?, ?, ?, ?)', [
    tagId,
    version,
    saidMs,
    kind,
    who,
    reason,
  ]);
}

type Inserted = Omit<NewRuleVersion, 'examplesJson'> & { readonly examplesJson: string | null };

async function insert(transaction: SqlTransaction, one: Inserted, version: number): Promise<void> {
  if (one.state === 'live') await retireLive(transaction, one.tagId);
  if (one.state === 'proposed') await replaceProposal(transaction, one.tagId);
  await transaction.run(
    `INSERT INTO tag_rule_versions (tag_id, version, state, rule_conditions, examples, rule_hash, canonical_hash, who, reason, created_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      one.tagId,
      version,
      one.state,
      one.ruleJson,
      one.examplesJson,
      ruleHash(one.ruleJson),
      one.canonicalHash,
      one.who,
      one.reason,
      one.atMs,
    ],
  );
}
