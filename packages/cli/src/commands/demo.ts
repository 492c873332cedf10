/** `tagmill demo`: the whole system on this machine, on sample tables. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import { wholeNumber } from '@tagmill/shared/setting-readers';
import { makeDemoData } from '../demo/sample-data.ts';
import { examples, valueFlag } from '../flags/flag.ts';
import { DEFAULT_SHARD_ROWS } from '../flags/run.ts';
import { onStop } from '../lifecycle.ts';
import type { VerbModule } from '../program.ts';
import { exitOf, followToEnd } from '../run-verb.ts';
import { say } from '../say.ts';
import { failureLines, resultText } from '../show/result-table.ts';

const DEFAULT_USERS = 100_000;
const DEFAULT_PORT = 8080;
/** Enough shards that something is to be seen. */
const SHARDS = 16;

interface DemoFlags {
  readonly once: boolean;
  readonly users: number;
  readonly executors: number;
  readonly port?: number;
  readonly dir: string;
}

export const define: VerbModule['define'] = (command, run) => {
  command
    .option('--once', 'end with exit code 0 when the tags are computed', false)
    .addOption(valueFlag('--users <N>', 'users in the sample tables', wholeNumber(1, 100_000_000)).default(DEFAULT_USERS, '100,000'))
    .addOption(valueFlag('--executors <N>', 'executor processes', wholeNumber(1, 64)).default(2))
    .addOption(valueFlag('--port <P>', `port of the dashboard (${DEFAULT_PORT})`, wholeNumber(1, 65_535)))
    .option('--dir <DIR>', 'folder for tables, database and journal', '.tagmill/demo')
    .addHelpText('after', examples('demo', 'demo --once', 'demo --users 1000000 --port 9000'));
  run(() => demo(command.opts<DemoFlags>()));
};

async function demo(flags: DemoFlags): Promise<number> {
  let askedToStop: () => void = () => process.exit(130);
  const release = onStop({ first: () => askedToStop() });
  const dir = resolve(flags.dir);
  const businessDate = new Date().toISOString().slice(0, 10);
  const data = await makeDemoData(dir, flags.users, businessDate, say);
  const apiKey = randomBytes(24).toString('base64url');
  const joinToken = randomBytes(24).toString('base64url');
  const place = await startManager(flags, dir, data, apiKey, joinToken);
  const asked = new Promise<undefined>((resolveAsked) => {
    askedToStop = () => resolveAsked(undefined);
  });
  try {
    const address = place.httpUrl === '' ? undefined : `${place.httpUrl}/#key=${encodeURIComponent(apiKey)}`;
    if (address !== undefined && !flags.once) say(`the dashboard is at ${address}`);
    const runId = await place.createRun({ mode: 'task-all', who: 'demo' });
    const report = await Promise.race([followToEnd(place, runId), asked]);
    if (report === undefined) return 130;
    process.stdout.write(resultText(report));
    for (const line of failureLines(report)) say(line);
    if (flags.once || address === undefined) return exitOf(report);
    process.stdout.write(`\ndashboard  ${address}\n`);
    process.stdout.write(`database   sqlite:${data.databasePath}\n`);
    process.stdout.write(`executor   TAGMILL_JOIN_TOKEN=${joinToken} npm run -s tagmill -- executor --manager ${place.grpcAddress}\n`);
    say('the demo stays up; end it with Ctrl-C');
    const failure = await Promise.race([asked, place.failed]);
    if (failure !== undefined) throw toTagmillError(failure);
    return 0;
  } finally {
    await place.close();
    release();
  }
}

async function startManager(
  flags: DemoFlags,
  dir: string,
  data: Awaited<ReturnType<typeof makeDemoData>>,
  apiKey: string,
  joinToken: string,
) {
  const [{ OwnManager }, { SHIPPED_TASKS }] = await Promise.all([
    import('../embedded/own-manager.ts'),
    import('@tagmill/manager/config/compile'),
  ]);
  // Nobody looks at the page of a demo that ends at once, so it needs no port.
  const port = flags.port ?? (flags.once ? -1 : DEFAULT_PORT);
  try {
    return await OwnManager.start({
      databaseUrl: data.databaseUrl,
      tables: { kind: 'folder', path: data.tablesDir },
      executors: flags.executors,
      timeZone: 'UTC',
      shardRows: Math.min(DEFAULT_SHARD_ROWS, Math.max(1, Math.ceil(flags.users / SHARDS))),
      tasksDir: SHIPPED_TASKS,
      http: { host: '127.0.0.1', port },
      dataDir: resolve(dir, 'manager'),
      apiKey,
      joinToken,
    });
  } catch (error) {
    if (!(error instanceof TagmillError) || error.code !== 'PORT_IN_USE') throw error;
    throw new TagmillError(
      'PORT_IN_USE',
      `port ${port} on this machine is taken by another program; end it, or choose another with --port P`,
      error.facts,
      error,
    );
  }
}
