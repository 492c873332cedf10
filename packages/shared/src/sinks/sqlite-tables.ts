/**
 * The tables of the embedded tag store: names and columns of the MySQL ones, as
 * plain tables that any sqlite3 reads and writes. JSON is text, times are UTC
 * text `YYYY-MM-DD HH:MM:SS`.
 */
export const SQLITE_TAG_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS tag_category (
    category_id INTEGER PRIMARY KEY,
    category_name TEXT NOT NULL,
    description TEXT,
    is_active INTEGER DEFAULT 1,
    created_date TEXT DEFAULT CURRENT_TIMESTAMP
  )`,
  `CREATE TABLE IF NOT EXISTS tag_definition (
    tag_id INTEGER PRIMARY KEY,
    tag_name TEXT NOT NULL,
    tag_category TEXT NOT NULL,
    description TEXT,
    is_active INTEGER DEFAULT 1,
    created_date TEXT DEFAULT CURRENT_TIMESTAMP
  )`,
  `CREATE TABLE IF NOT EXISTS tag_rules (
    rule_id INTEGER PRIMARY KEY,
    tag_id INTEGER NOT NULL REFERENCES tag_definition (tag_id),
    rule_conditions TEXT NOT NULL,
    is_active INTEGER DEFAULT 1,
    created_date TEXT DEFAULT CURRENT_TIMESTAMP
  )`,
  `CREATE TABLE IF NOT EXISTS user_tags (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE,
    tag_ids TEXT NOT NULL,
    tag_details TEXT,
    created_time TEXT DEFAULT CURRENT_TIMESTAMP,
    updated_time TEXT DEFAULT CURRENT_TIMESTAMP
  )`,
];

export const SQLITE_VERSION_TABLE = `CREATE TABLE IF NOT EXISTS tag_rule_versions (
  tag_id INTEGER NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL,
  rule_conditions TEXT NOT NULL, examples TEXT, rule_hash TEXT NOT NULL, canonical_hash TEXT,
  who TEXT NOT NULL, reason TEXT NOT NULL, created_ms INTEGER NOT NULL,
  live_who TEXT, live_reason TEXT, live_ms INTEGER,
  PRIMARY KEY (tag_id, version)
)`;

/** What it means is said in mysql-tables.ts. */
export const SQLITE_REVIEW_TABLE = `CREATE TABLE IF NOT EXISTS tag_rule_reviews (
  tag_id INTEGER NOT NULL, version INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (tag_id, version, at_ms)
)`;

/** What they mean is said in mysql-tables.ts. */
export const SQLITE_LIST_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS tagmill_lists (
    list_name TEXT NOT NULL PRIMARY KEY, value_type TEXT NOT NULL, content_hash TEXT NOT NULL,
    value_count INTEGER NOT NULL, who TEXT NOT NULL, updated_ms INTEGER NOT NULL
  )`,
  `CREATE TABLE IF NOT EXISTS tagmill_value_sets (
    content_hash TEXT NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT NULL,
    lines_text TEXT NOT NULL, created_ms INTEGER NOT NULL,
    PRIMARY KEY (content_hash, part)
  )`,
];

/** What they mean is said in mysql-tables.ts. */
export const SQLITE_POLICY_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS tagmill_tag_policies (
    tag_id INTEGER NOT NULL PRIMARY KEY, unknown_policy TEXT NOT NULL,
    max_unknown_share REAL, max_move REAL,
    who TEXT NOT NULL, reason TEXT NOT NULL, updated_ms INTEGER NOT NULL
  )`,
  `CREATE TABLE IF NOT EXISTS tagmill_tag_overrides (
    tag_id INTEGER NOT NULL, user_id TEXT NOT NULL, at_ms INTEGER NOT NULL, kind TEXT NOT NULL,
    who TEXT NOT NULL, reason TEXT NOT NULL, before_entry TEXT,
    PRIMARY KEY (tag_id, user_id, at_ms)
  )`,
];

/** The merge's own tables; what they mean is said in mysql-tables.ts. */
export const SQLITE_SINK_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS tagmill_shard_fence (
    run_id TEXT NOT NULL, pass INTEGER NOT NULL, shard INTEGER NOT NULL,
    term INTEGER NOT NULL, token INTEGER NOT NULL,
    PRIMARY KEY (run_id, pass, shard)
  )`,
  `CREATE TABLE IF NOT EXISTS tagmill_batch_done (
    run_id TEXT NOT NULL, pass INTEGER NOT NULL, shard INTEGER NOT NULL, batch INTEGER NOT NULL,
    term INTEGER NOT NULL, token INTEGER NOT NULL, piece_hash TEXT NOT NULL, counts TEXT NOT NULL,
    done_time TEXT DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (run_id, pass, shard, batch)
  )`,
  `CREATE TABLE IF NOT EXISTS tagmill_changes (
    run_id TEXT NOT NULL, pass INTEGER NOT NULL, shard INTEGER NOT NULL, batch INTEGER NOT NULL,
    users INTEGER NOT NULL, first_user TEXT NOT NULL, last_user TEXT NOT NULL, block BLOB NOT NULL,
    created_time TEXT DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (run_id, pass, shard, batch)
  )`,
];

export const SQLITE_LEADER_TABLE = `CREATE TABLE IF NOT EXISTS tagmill_leader (
  name TEXT PRIMARY KEY, holder TEXT NOT NULL, url TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL,
  term INTEGER NOT NULL, lease_until_ms INTEGER NOT NULL,
  lineage TEXT NOT NULL DEFAULT '', confirmed_term INTEGER NOT NULL DEFAULT 0,
  confirmed_seq INTEGER NOT NULL DEFAULT 0, holders INTEGER NOT NULL DEFAULT 0
)`;
