/** Failpoints are there once each, are reached, cost nothing in a product, and every one is survived. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Prng } from '@tagmill/shared/prng';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { endAll } from '../../src/e2e/command.ts';
import { FailpointControl } from '../../src/e2e/failpoints-control.ts';
import { FAILPOINTS, pointsOf } from '../../src/e2e/failpoints-list.ts';
import type { Sink } from '../../src/e2e/faults.ts';
import { everyKill, type Kill, oneKillEach } from '../../src/e2e/kill-list.ts';
import type { KillPlaces } from '../../src/e2e/kill-world.ts';
import { strikeAll } from '../../src/e2e/kills.ts';
import { SqliteTargets } from '../../src/e2e/target.ts';
import { startMariadb } from '../../src/mariadb.ts';

const PACKAGES = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

describe('the calls', () => {
  const sources = ['manager', 'executor', 'cli', 'shared', 'dashboard'].flatMap((name) =>
    readdirSync(join(PACKAGES, name, 'src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );

  test('each point stands in the code once, under the name of its process', () => {
    const calls = sources.flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/\bfailpoint\('([^']+)'\)/g)].map((match) => [match[1]!, path] as const),
    );
    expect(calls.map(([name]) => name).toSorted()).toEqual(Object.keys(FAILPOINTS).toSorted());
    for (const [name, path] of calls) {
      const folder = name.startsWith('manager.') ? 'manager/src' : 'executor/src';
      expect(path.startsWith(join(PACKAGES, folder)), `${name} in ${path}`).toBe(true);
    }
  });

  test('the product loads nothing of what arms them', () => {
    const arming = sources.filter((path) => /failpoints-|TAGMILL_TEST_/.test(readFileSync(path, 'utf8')));
    expect(arming).toEqual([]);
  });
});

describe('arming', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tagmill-arming-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const failpoint = new URL('../../../shared/src/failpoint.ts', import.meta.url).href;
  const code = `import { failpoint } from '${failpoint}'; failpoint('manager.run.made'); console.log('alive', failpoint.toString().length);`;
  const cases = async (nodeArgs: readonly string[], env: NodeJS.ProcessEnv): Promise<string> =>
    (
      await run(process.execPath, [...nodeArgs, '--input-type=module', '-e', code, '--', 'manager'], {
        env: { ...process.env, ...env },
      }).catch((error: { readonly signal?: string; readonly stderr?: string }) => ({ stdout: `ended by ${error.signal}: ${error.stderr}` }))
    ).stdout.trim();

  test('neither a variable nor a file of settings arms one', async () => {
    const control = new FailpointControl();
    try {
      control.arm({ point: 'manager.run.made', hit: 1, deed: 'kill', victim: 'manager' });
      expect(await cases([], control.env)).toBe('alive 15');
      expect(existsSync(join(control.folder, 'seen'))).toBe(false);
    } finally {
      control.remove();
    }
  });

  test('the module of the tests arms nothing when no folder is named', async () => {
    const control = new FailpointControl();
    try {
      expect(await cases(control.nodeArgs, { TAGMILL_TEST_FAILPOINTS: undefined })).toBe('alive 15');
    } finally {
      control.remove();
    }
  });
});

describe('the kills', () => {
  test('every kind meets every role', () => {
    for (const sink of ['sqlite', 'mariadb'] as const) {
      const kills = oneKillEach(sink, 1, new Prng(1));
      const pairs = (list: typeof kills): Set<string> => new Set(list.map(({ victim, kind }) => `${kind} ${victim}`));
      expect(pairs(kills)).toEqual(pairs(everyKill(sink, new Prng(1))));
      expect(new Set(kills.map(({ point }) => point))).toEqual(new Set(pointsOf(sink)));
    }
  });

  let places: KillPlaces;
  beforeAll(async () => {
    places = { mariadb: await startMariadb(), sqlite: new SqliteTargets() };
  });
  afterEach(endAll);
  afterAll(async () => {
    await places?.mariadb.stop();
    places?.sqlite.remove();
  });

  /** Every point once; those that do not depend on the target mostly with one of the two. */
  const KILLS: Readonly<Record<Sink, readonly Kill[]>> = {
    mariadb: oneKillEach('mariadb', 2, new Prng(2)),
    sqlite: oneKillEach('sqlite', 1, new Prng(1)).filter(({ point }, index) => FAILPOINTS[point].sink === 'sqlite' || index % 4 === 0),
  };

  test.each(['sqlite', 'mariadb'] as const)(
    'one at each point, into %s: the end is the oracle’s, and nothing is done twice',
    async (sink) => {
      const kills = KILLS[sink];
      const done = await strikeAll(places, sink, kills, 1);
      expect(done.wrong).toEqual([]);
      expect(done.kills).toBe(kills.length);
      expect(kills.map(({ point }) => point).filter((point) => !done.seen.has(point))).toEqual([]);
    },
    600_000,
  );
});
