/** `LOAD DATA LOCAL INFILE` by the mariadb client: how fast the server takes rows that somebody else has prepared. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MariadbTarget } from '../lib/targets.ts';

/** Writes the rows that user_tags has now to a file, in the order of the key. */
export async function writeRows(target: MariadbTarget, directory: string): Promise<string> {
  const path = join(directory, 'rows.tsv');
  if (existsSync(path)) rmSync(path);
  await target.sql(`SELECT user_id, tag_ids, tag_details FROM user_tags ORDER BY user_id INTO OUTFILE '${path}' CHARACTER SET utf8mb4`);
  return path;
}

/** Seconds to load that file into the empty table. */
export async function timeLoadData(target: MariadbTarget, path: string): Promise<number> {
  const startedAt = performance.now();
  await target.sql(`LOAD DATA LOCAL INFILE '${path}' INTO TABLE user_tags CHARACTER SET utf8mb4 (user_id, tag_ids, tag_details)`);
  return (performance.now() - startedAt) / 1000;
}
