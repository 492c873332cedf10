/** What the demo works on: sample tables of today and a database with the eight rules of the source documents. */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TagmillError } from '@tagmill/shared/errors';
import { databaseUrl, withMetadata } from '../flags/database.ts';

const MAKE_TABLES = fileURLToPath(new URL('./make-tables.ts', import.meta.url));
const CATALOG = fileURLToPath(new URL('./catalog.json', import.meta.url));
const RULES = fileURLToPath(new URL('./rules.json', import.meta.url));

export interface DemoData {
  readonly tablesDir: string;
  readonly databasePath: string;
  readonly databaseUrl: string;
}

/** Makes what is missing under `dir`. Errors: CONFIG_INVALID when the folder cannot be made, DISK_FULL. */
export async function makeDemoData(dir: string, users: number, businessDate: string, say: (text: string) => void): Promise<DemoData> {
  makeFolder(dir);
  const tablesDir = join(dir, 'tables');
  const databasePath = join(dir, 'tags.sqlite');
  // Written last: what was interrupted is made again.
  const stamp = join(dir, 'made.json');
  const made = JSON.stringify({ users, businessDate });
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== made) {
    say(`making sample tables of ${users.toLocaleString('en-US')} users for ${businessDate} in ${tablesDir}`);
    await makeTables(tablesDir, users, businessDate);
    copyFileSync(CATALOG, join(tablesDir, '_catalog.json'));
    writeFileSync(stamp, made);
  }
  const target = { kind: 'sqlite', path: databasePath } as const;
  const { parseRulesFile } = await import('@tagmill/manager/tagstore/rules');
  const rules = parseRulesFile(readFileSync(RULES, 'utf8'), 'rules.json');
  await withMetadata(target, async (metadata) => {
    await metadata.init();
    await metadata.importRules(rules);
  });
  return { tablesDir, databasePath, databaseUrl: databaseUrl(target) };
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true });
  } catch (error) {
    throw new TagmillError(
      'CONFIG_INVALID',
      `cannot make the folder ${dir} (${(error as NodeJS.ErrnoException).code}); name another with --dir`,
      {},
      error,
    );
  }
}

function makeTables(dir: string, users: number, businessDate: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, MAKE_TABLES, dir, String(users), businessDate], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-4_000);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const full = /No space left|ENOSPC/.test(words);
      const last = words.split('\n').find((line) => /Error/.test(line)) ?? `exit code ${code}`;
      reject(
        new TagmillError(
          full ? 'DISK_FULL' : 'WORKER_DIED',
          `the sample tables could not be written to ${dir}: ${last}; choose another folder with --dir`,
        ),
      );
    });
  });
}
