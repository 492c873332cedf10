/** How rows of `user_tags` are written and read in SQLite. */

/** `YYYY-MM-DD HH:MM:SS` in UTC, as SQLite's CURRENT_TIMESTAMP writes it. */
export const NOW = "datetime('now')";

/** Values: tag_ids, tag_details, user_id. */
export const UPDATE_ROW = `UPDATE user_tags SET tag_ids = ?, tag_details = ?, updated_time = ${NOW} WHERE user_id = ?`;

/** SQLite columns hold what was put in, whatever their type. */
export function asText(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : String(value);
}
