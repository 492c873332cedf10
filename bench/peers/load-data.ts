/** `LOAD DATA LOCAL INFILE` by the mariadb client: how fast the server takes rows that somebody else has prepared. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DATA } from '../lib/sample.ts';
import type { MariadbTarget } from '../lib/targets.ts';

/** A file of the rows that user_tags has now, in the order of the key; kept, since the same tables always give the same rows. */
export async function rowsFile(target: MariadbTarget, users: number): Promise<string> {
  const path = join(DATA, `rows-${users}.tsv`);
  if (existsSync(path)) return path;
  const unfinished = `${path}.part`;
  rmSync(unfinished, { force: true });
  await target.sql(
    `SELECT user_id, tag_ids, tag_details FROM user_tags ORDER BY user_id INTO OUTFILE '${unfinished}' CHARACTER SET utf8mb4`,
  );
  renameSync(unfinished, path);
  return path;
}

/** Seconds to load that file into the empty table. */
export async function timeLoadData(target: MariadbTarget, path: string): Promise<number> {
  const startedAt = performance.now();
  await target.sql(`LOAD DATA LOCAL INFILE '${path}' INTO TABLE user_tags CHARACTER SET utf8mb4 (user_id, tag_ids, tag_details)`);
  return (performance.now() - startedAt) / 1000;
}
