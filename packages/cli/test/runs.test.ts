import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RunReport } from '@tagmill/shared/api/report';
import { generateSampleTables } from '@tagmill/executor/engine/sample-tables';
import { endAll, FIXTURES, run, type Running, start, tempFolder } from './support.ts';

const DATE = '2026-11-22';
const EXAMPLE = readFileSync(join(FIXTURES, '../../cli/src/demo/rules.json'), 'utf8');

const world = tempFolder();
const tables = join(world.path, 'tables');
/** Everything that commands put aside; empty when they have cleaned up. */
const temp = join(world.path, 'tmp');
let databases = 0;

beforeAll(async () => {
  mkdirSync(temp);
  await generateSampleTables({ dir: tables, users: 6_000, seed: 7, businessDates: [DATE], sorted: true });
});
afterEach(endAll);
afterAll(() => world[Symbol.dispose]());

/** A fresh database with the eight rules. */
async function newDatabase(): Promise<string> {
  databases += 1;
  const url = `sqlite:${join(world.path, `tags-${databases}.sqlite`)}`;
  const rules = join(FIXTURES, '../../cli/src/demo/rules.json');
  const imported = await run(['rules', 'import', rules, '--database', url, '--tables', tables]);
  expect(imported.code, imported.stderr).toBe(0);
  return url;
}

const env = { TMPDIR: temp };
const place = (url: string): readonly string[] => ['--database', url, '--tables', tables];

/** Polls until there is what is looked for; a bounded wait for an event that nothing tells. */
async function until<T>(look: () => T | undefined): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error('what was waited for did not come in 60 s');
    await sleep(20);
  }
}

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter((text) => text !== '')
    .map(Number);

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

describe('a run with a manager of its own', () => {
  test('gives one JSON document, cleans up, and changes nothing the second time', async () => {
    const url = await newDatabase();
    const first = await run(['task-all', ...place(url), '--executors', '2', '--shard-rows', '1000', '--json'], { env });
    expect(first.code, first.stderr).toBe(0);
    const report = JSON.parse(first.stdout) as RunReport;
    expect(report).toMatchObject({ state: 'succeeded', business_date: DATE, as_of: DATE, time_zone: 'UTC', shards: { total: 6 } });
    expect(report.tags.map((tag) => [tag.tag_id, tag.state])).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((id) => [id, 'succeeded']));
    expect(report.users.inserted).toBeGreaterThan(3_000);
    const second = JSON.parse((await run(['task-all', ...place(url), '--json'], { env })).stdout) as RunReport;
    expect(second.users).toEqual({ evaluated: report.users.evaluated, inserted: 0, updated: 0, unchanged: report.users.evaluated });
    expect(readdirSync(temp)).toEqual([]);
  });

  test('some tags, some users, newly registered users', async () => {
    const url = await newDatabase();
    const tags = await run(['task-tags', '--tag-ids', '3,1', ...place(url)], { env });
    expect(tags.code, tags.stderr).toBe(0);
    expect(tags.stdout).toMatch(/^ +1 +高净值用户 +succeeded/m);
    expect(tags.stdout).not.toMatch(/^ +2 /m);
    const users = await run(['task-users', '--user-ids', 'user_000001,user_000002', ...place(url), '--json'], { env });
    expect((JSON.parse(users.stdout) as RunReport).users.evaluated).toBe(2);
    const days = await run(['incremental', '--days', '30', ...place(url), '--json'], { env });
    const { evaluated } = (JSON.parse(days.stdout) as RunReport).users;
    expect(evaluated).toBeGreaterThan(50);
    expect(evaluated).toBeLessThan(300);
  });

  test('list-tasks and health', async () => {
    const url = await newDatabase();
    const listed = JSON.parse((await run(['list-tasks', ...place(url), '--json'], { env })).stdout) as {
      tags: { tag_id: number; task: string }[];
    };
    expect(listed.tags.map((tag) => tag.tag_id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(listed.tags.every((tag) => tag.task.endsWith('.ts'))).toBe(true);
    const health = await run(['health', ...place(url), '--json'], { env });
    expect(health.code, health.stderr).toBe(0);
    expect(JSON.parse(health.stdout)).toMatchObject({ status: 'healthy', checks: { database: 'ok', tables: `ok, newest date ${DATE}` } });
  });

  const missing: readonly (readonly [string, (url: string) => readonly string[], RegExp])[] = [
    ['a tag that does not exist', (url) => ['task-tags', '--tag-ids', '1,999', ...place(url)], /^tagmill: TAG_NOT_FOUND: .*999/],
    [
      'a folder that does not exist',
      (url) => ['task-all', '--database', url, '--tables', join(world.path, 'none')],
      /^tagmill: TABLES_NOT_FOUND: .*none/,
    ],
    [
      'a date without data',
      (url) => ['task-all', ...place(url), '--business-date', '2026-01-01'],
      /^tagmill: DATE_WITHOUT_DATA: .*2026-01-01; the newest date is 2026-11-22/,
    ],
  ];
  test.each(missing)('%s ends with 3 and one message', async (_, args, words) => {
    const { code, stderr } = await run(args(await newDatabase()), { env });
    expect(code).toBe(3);
    expect(stderr).toMatch(words);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(readdirSync(temp)).toEqual([]);
  });

  test('a database file that is not there is not created', async () => {
    const path = join(world.path, 'no-such.sqlite');
    const { code, stderr } = await run(['health', ...place(`sqlite:${path}`)], { env });
    expect(code).toBe(3);
    expect(stderr).toMatch(/NOT_FOUND: there is no database at .*tagmill db init/);
    expect(existsSync(path)).toBe(false);
  });

  test('two task files with one tag id end with 78 and name both', async () => {
    const tasks = join(world.path, 'tasks');
    mkdirSync(join(tasks, 'wealth'), { recursive: true });
    const text = "export default { tagId: 1, requiredFields: [], dataSources: { primary: 'user_basic_info', secondary: null } };\n";
    for (const name of ['a.ts', 'b.ts']) writeFileSync(join(tasks, 'wealth', name), text);
    const { code, stderr } = await run(['task-all', ...place(await newDatabase()), '--tasks', tasks], { env });
    expect(code).toBe(78);
    expect(stderr).toMatch(/^tagmill: TASK_FILE_INVALID: .*wealth\/a.ts and wealth\/b.ts .*tag id 1/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(readdirSync(temp)).toEqual([]);
  });

  test('an executor that is killed is replaced, and the run ends well', async () => {
    const running = start(['task-all', ...place(await newDatabase()), '--executors', '1', '--shard-rows', '30', '--json'], { env });
    const victim = await until(() => childrenOf(running.child.pid!)[0]);
    process.kill(victim, 'SIGKILL');
    const { code, stdout, stderr } = await running.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/executor-1 died \(SIGKILL\)/);
    expect((JSON.parse(stdout) as RunReport).state).toBe('succeeded');
  });

  test('Ctrl-C stops the run and leaves nothing behind', async () => {
    const running = start(['task-all', ...place(await newDatabase()), '--shard-rows', '10'], { env });
    const children = await until(() => {
      const pids = childrenOf(running.child.pid!);
      return pids.length === 2 ? pids : undefined;
    });
    await until(() => readdirSync(temp).find((name) => readdirSync(join(temp, name)).includes('manager')));
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(130);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(children.filter(isAlive)).toEqual([]);
    expect(readdirSync(temp)).toEqual([]);
  });

  test('executors end when the command is killed, and take their files with them', async () => {
    const running = start(['task-all', ...place(await newDatabase()), '--shard-rows', '10'], { env });
    const children = await until(() => {
      const pids = childrenOf(running.child.pid!);
      return pids.length === 2 ? pids : undefined;
    });
    running.child.kill('SIGKILL');
    await running.ended;
    await until(() => (children.some(isAlive) ? undefined : true));
    for (const name of readdirSync(temp))
      expect(readdirSync(join(temp, name)).filter((entry) => entry.startsWith('executor-'))).toEqual([]);
  });
});

describe('a manager that runs', () => {
  const secrets = { TAGMILL_JOIN_TOKEN: 'join-me', TAGMILL_API_KEY: 'key-of-tests' };

  async function startManager(url: string, dataDir: string, http = '127.0.0.1:0', grpc = '127.0.0.1:0') {
    const manager = start(['manager', ...place(url), '--data-dir', dataDir, '--http', http, '--grpc', grpc, '--shard-rows', '40'], {
      env: { ...env, ...secrets },
    });
    const [, address, joinAt] = await manager.said(/dashboard and REST at (\S+), executors join at (\S+)/);
    return { manager, address: address!, joinAt: joinAt! };
  }

  const startExecutor = (joinAt: string, name: string): Running =>
    start(['executor', '--manager', joinAt, '--name', name, '--slots', '1', '--cache-dir', join(temp, name)], {
      env: { ...env, ...secrets },
    });

  async function end(...running: readonly Running[]): Promise<void> {
    for (const one of running) {
      one.child.kill('SIGTERM');
      const { code, stderr } = await one.ended;
      expect(code, stderr).toBe(0);
    }
  }

  test('takes a run over HTTP, is followed, and both end with 0 on SIGTERM', async () => {
    const url = await newDatabase();
    const { manager, address, joinAt } = await startManager(url, join(world.path, 'data-1'));
    const executor = startExecutor(joinAt, 'one');
    const ran = await run(['task-tags', '--tag-ids', '1', '--manager', address, '--json'], { env: secrets });
    expect(ran.code, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout) as RunReport).toMatchObject({ state: 'succeeded', tags: [{ tag_id: 1 }] });
    const denied = await run(['task-all', '--manager', address], { env: { TAGMILL_API_KEY: 'wrong' } });
    expect(denied.code).toBe(4);
    expect(denied.stderr).toMatch(/UNAUTHORIZED: .*TAGMILL_API_KEY/);
    const twice = await run(['task-all', ...place(url)], { env });
    expect(twice.code).toBe(4);
    expect(twice.stderr).toMatch(/MANAGER_LIVE: .*--manager/);
    const unknown = await run(['task-tags', '--tag-ids', '999', '--manager', address], { env: secrets });
    expect(unknown.code).toBe(3);
    await end(executor, manager);
  });

  test('is followed through kill -9 and a restart: the run id stays', async () => {
    const url = await newDatabase();
    const dataDir = join(world.path, 'data-2');
    const { manager, address, joinAt } = await startManager(url, dataDir);
    const executor = startExecutor(joinAt, 'two');
    const following = start(['task-all', '--manager', address, '--json'], { env: secrets });
    const headers = { authorization: `Bearer ${secrets.TAGMILL_API_KEY}` };
    const runId = await untilAsync(async () => {
      const { runs } = (await (await fetch(`${address}/api/v1/runs`, { headers })).json()) as { runs: { id: string; state: string }[] };
      return runs[0]?.state === 'running' ? runs[0].id : undefined;
    });
    manager.child.kill('SIGKILL');
    await manager.ended;
    await following.said(/is away .* trying again/);
    const again = await startManager(url, dataDir, address.replace('http://', ''), joinAt);
    const { code, stdout, stderr } = await following.ended;
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout) as RunReport).toMatchObject({ run_id: runId, state: 'succeeded' });
    await end(executor, again.manager);
  });

  test('a port in use ends with 78 and names the address', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const http = await run([
      'manager',
      ...place(await newDatabase()),
      '--data-dir',
      join(world.path, 'data-3'),
      '--insecure-dev',
      '--http',
      `127.0.0.1:${port}`,
      '--grpc',
      '127.0.0.1:0',
    ]);
    expect(http.code, http.stderr).toBe(78);
    expect(http.stderr).toMatch(new RegExp(`PORT_IN_USE: .*127.0.0.1:${port}`));
    const demo = await run(['demo', '--once', '--users', '100', '--port', String(port), '--dir', join(world.path, 'demo')], { env });
    expect(demo.code, demo.stderr).toBe(78);
    expect(demo.stderr).toMatch(new RegExp(`PORT_IN_USE: port ${port} .*--port P`));
    await new Promise((resolve) => server.close(resolve));
    expect(readdirSync(temp).filter((name) => name.startsWith('tagmill-'))).toEqual([]);
  });
});

async function untilAsync<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error('what was waited for did not come in 60 s');
    await sleep(20);
  }
}

describe('demo', () => {
  test('--once computes the eight tags and ends with 0; again it uses what is there', async () => {
    const dir = join(world.path, 'demo-once');
    const first = await run(['demo', '--once', '--users', '3000', '--dir', dir], { env });
    expect(first.code, first.stderr).toBe(0);
    expect(JSON.parse(EXAMPLE).tags.every((tag: { tag_name: string }) => first.stdout.includes(tag.tag_name))).toBe(true);
    const again = await run(['demo', '--once', '--users', '3000', '--dir', dir], { env });
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toMatch(/0 inserted, 0 updated/);
  });
});
