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
