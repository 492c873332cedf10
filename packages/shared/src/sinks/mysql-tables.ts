/**
 * The sink's own tables in MySQL and MariaDB: made by `tagmill db init`, and by
 * the first merge where they are missing. Nothing of a merge's bookkeeping
 * stands in `user_tags`, so that a fence never moves `updated_time`.
 */
export const MYSQL_SINK_TABLES: readonly string[] = [
  // Who may write a shard: the highest (term, token) seen, and the connection that claimed it.
  `CREATE TABLE IF NOT EXISTS tagmill_shard_fence (
    run_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    pass INT UNSIGNED NOT NULL,
    shard INT UNSIGNED NOT NULL,
    term BIGINT UNSIGNED NOT NULL,
    token BIGINT UNSIGNED NOT NULL,
    connection_id BIGINT UNSIGNED NOT NULL,
    claimed_time TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (run_id, pass, shard)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
  // Which batches are in user_tags, and what they did; in the same transaction as the rows.
  `CREATE TABLE IF NOT EXISTS tagmill_batch_done (
    run_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    pass INT UNSIGNED NOT NULL,
    shard INT UNSIGNED NOT NULL,
    batch INT UNSIGNED NOT NULL,
    term BIGINT UNSIGNED NOT NULL,
    token BIGINT UNSIGNED NOT NULL,
    piece_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    counts LONGTEXT NOT NULL,
    done_time TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (run_id, pass, shard, batch)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
  // What each batch changed: users, tags entered and left, rule versions, as one block.
  `CREATE TABLE IF NOT EXISTS tagmill_changes (
    run_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    pass INT UNSIGNED NOT NULL,
    shard INT UNSIGNED NOT NULL,
    batch INT UNSIGNED NOT NULL,
    users INT UNSIGNED NOT NULL,
    first_user VARBINARY(1024) NOT NULL,
    last_user VARBINARY(1024) NOT NULL,
    block LONGBLOB NOT NULL,
    created_time TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (run_id, pass, shard, batch)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
];

/** Tables of rules and tags, as `tagmill db init` makes them; what exists already is left as it is. */
export const MYSQL_TAG_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS tag_category (
    category_id INT NOT NULL AUTO_INCREMENT,
    category_name VARCHAR(100) NOT NULL,
    description TEXT,
    is_active BOOLEAN DEFAULT TRUE,
    created_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (category_id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
  `CREATE TABLE IF NOT EXISTS tag_definition (
    tag_id INT NOT NULL AUTO_INCREMENT,
    tag_name VARCHAR(200) NOT NULL,
    tag_category VARCHAR(100) NOT NULL,
    description TEXT,
    is_active BOOLEAN DEFAULT TRUE,
    created_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (tag_id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
  `CREATE TABLE IF NOT EXISTS tag_rules (
    rule_id INT NOT NULL AUTO_INCREMENT,
    tag_id INT NOT NULL,
    rule_conditions JSON NOT NULL,
    is_active BOOLEAN DEFAULT TRUE,
    created_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (rule_id),
    KEY idx_tag_rules_tag (tag_id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
  // Compared byte for byte: two users must never meet on one row.
  `CREATE TABLE IF NOT EXISTS user_tags (
    id BIGINT NOT NULL AUTO_INCREMENT,
    user_id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    tag_ids JSON NOT NULL,
    tag_details JSON,
    created_time TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
    updated_time TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    UNIQUE KEY uk_user_id (user_id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
];

/**
 * Uploaded lists by name, and sets of values by the hash of their content: what
 * a run has pinned stays what it was while the list is given other values.
 */
export const MYSQL_LIST_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS tagmill_lists (
  list_name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  value_type VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  content_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value_count BIGINT NOT NULL,
  who VARCHAR(200) NOT NULL,
  updated_ms BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
  `CREATE TABLE IF NOT EXISTS tagmill_value_sets (
  content_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  part INT NOT NULL,
  parts INT NOT NULL,
  lines_text LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (content_hash, part)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
];

/** What tags allow of a run before their check holds them (a tag that is not here allows anything), and who has them, or not, by hand. */
export const MYSQL_POLICY_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS tagmill_tag_policies (
  tag_id INT NOT NULL PRIMARY KEY,
  unknown_policy VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  max_unknown_share DOUBLE,
  max_move DOUBLE,
  who VARCHAR(200) NOT NULL,
  reason TEXT NOT NULL,
  updated_ms BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
  // Every word about a user and a tag, never changed; the newest stands. `before_entry`: by which a rule had given the tag.
  `CREATE TABLE IF NOT EXISTS tagmill_tag_overrides (
  tag_id INT NOT NULL,
  user_id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  at_ms BIGINT NOT NULL,
  kind VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  who VARCHAR(200) NOT NULL,
  reason TEXT NOT NULL,
  before_entry LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  PRIMARY KEY (tag_id, user_id, at_ms)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
];

/**
 * Every version of every rule: nothing in it but `state` and `live_*` is ever
 * changed, and `canonical_hash`, of the rule's one form, is filled in where a
 * version was kept without a catalogue at hand; `rule_hash` is of its text. The live one is also in tag_rules, for those who read that table.
 */
export const MYSQL_VERSION_TABLE = `CREATE TABLE IF NOT EXISTS tag_rule_versions (
  tag_id INT NOT NULL,
  version INT UNSIGNED NOT NULL,
  state VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  rule_conditions LONGTEXT NOT NULL,
  examples LONGTEXT,
  rule_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  canonical_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
  who VARCHAR(200) NOT NULL,
  reason TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  live_who VARCHAR(200),
  live_reason TEXT,
  live_ms BIGINT,
  PRIMARY KEY (tag_id, version)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`;

/** Who has asked for a version to go live, and who has said yes or no; nothing in it is ever changed. */
export const MYSQL_REVIEW_TABLE = `CREATE TABLE IF NOT EXISTS tag_rule_reviews (
  tag_id INT NOT NULL,
  version INT UNSIGNED NOT NULL,
  at_ms BIGINT NOT NULL,
  kind VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  who VARCHAR(200) NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (tag_id, version, at_ms)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`;

export const MYSQL_LEADER_TABLE = `CREATE TABLE IF NOT EXISTS tagmill_leader (
  name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  holder VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  url VARCHAR(500) NOT NULL,
  host VARCHAR(255) NOT NULL,
  pid INT UNSIGNED NOT NULL,
  term BIGINT UNSIGNED NOT NULL,
  lease_until_ms BIGINT NOT NULL,
  lineage VARCHAR(64) NOT NULL DEFAULT '',
  confirmed_term BIGINT NOT NULL DEFAULT 0,
  confirmed_seq BIGINT NOT NULL DEFAULT 0,
  holders INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`;
