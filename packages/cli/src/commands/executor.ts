/** `tagmill executor`: joins a manager, evaluates and merges shards until it is told to leave. */
import { rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Executor } from '@tagmill/executor';
import { Option } from 'commander';
import { asLabels, asSizeBytes } from '@tagmill/shared/setting-readers';
import { ERRORS, isErrorCode, TagmillError } from '@tagmill/shared/errors';
import { GIVEN_BY_PARENT, type ToChild } from '../embedded/child-messages.ts';
import { useWorkerTemp } from '../embedded/worker-temp.ts';
import { readConfigFile, readTextFile } from '../files.ts';
import { examples, listFlag } from '../flags/flag.ts';
import { onStop } from '../lifecycle.ts';
import type { VerbModule } from '../program.ts';

const ABOUT = `
Settings come from the file < environment (TAGMILL_MANAGER, TAGMILL_SLOTS, ...) < flags.
The join secret is TAGMILL_JOIN_TOKEN or TAGMILL_JOIN_TOKEN_FILE. Database and S3 come
from the manager, or from TAGMILL_DATABASE_URL and AWS's own variables, which win.
SIGTERM: no new shards, finish, leave, exit 0; a second signal ends at once.
`;

/** How long the workers of an executor whose starter is gone may take to end. */
const ORPHAN_TIMEOUT_MS = 3_000;

interface ExecutorFlags {
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly manager?: string;
  readonly cacheDir?: string;
}

export const define: VerbModule['define'] = (command, run) => {
  command
    .option('--manager <HOST:PORT>', 'gRPC address of the manager, such as 127.0.0.1:7443')
    .option('--name <NAME>', 'name on the dashboard, unique in the fleet (host name and process)')
    .option('--slots <N>', 'shards at once (number of cores)')
    .addOption(listFlag('--label <K=V>', 'label, may be given again', asLabels))
    .option('--cache-dir <DIR>', 'folder for cache and spool (.tagmill/cache/NAME)')
    .addOption(listFlag('--memory <SIZE>', 'memory for all workers together (1GiB)', asSizeBytes))
    .option('--engine <ENGINE>', 'what evaluates conditions: auto, sql, index (auto)')
    .option('--tls-ca <FILE>', 'certificate authority of a manager beyond this machine')
    .option('--config <FILE>', 'settings in YAML, named like the flags')
    .option('--insecure-dev', 'join a manager on loopback without a secret')
    .option('--log-level <LEVEL>', 'trace, debug, info, warn, error, silent (info)')
    .addOption(new Option('--print-config', 'print the settings, secrets masked, and end'))
    .addHelpText(
      'after',
      ABOUT + examples('executor --manager 127.0.0.1:7443 --slots 4', 'executor --config executor.yaml --print-config'),
    );
  run(async () => {
    const flags = command.opts<ExecutorFlags>();
    const ownedDir = flags.manager === GIVEN_BY_PARENT ? dirname(resolve(flags.cacheDir ?? '')) : undefined;
    // Loading is the slow part of starting: a child and its first worker do it while their manager starts.
    if (ownedDir !== undefined) await startWorkerEarly(flags.cacheDir ?? '');
    const [{ compileExecutor }, door, { serviceLog }, parent] = await Promise.all([
      import('../embedded/executor-config.ts'),
      import('@tagmill/executor'),
      import('../service-log.ts'),
      ownedDir === undefined ? undefined : wordsOfParent(ownedDir),
    ]);
    const file = await readConfigFile(flags.config);
    const written = Object.fromEntries(
      command.options.map((option) => [option.long?.slice(2) ?? '', command.getOptionValue(option.attributeName())]),
    );
    const { config, logLevel, printed } = compileExecutor(
      { file, environment: process.env, flags: written as never, readText: readTextFile },
      parent?.manager,
    );
    if (flags.printConfig === true) {
      process.stdout.write(printed);
      return 0;
    }
    if (ownedDir === undefined) useWorkerTemp(config.cacheDir);
    const executor = new door.Executor(config, serviceLog(logLevel, 'executor'));
    const release = onStop({
      first: () => executor.drain(),
      ignoreInterrupt: ownedDir !== undefined,
      orphaned: () => endOrphaned(executor, ownedDir),
    });
    executor.start();
    const end = await executor.ended;
    await executor.close();
    release();
    if (end.kind === 'drained') return 0;
    const code = isErrorCode(end.code) ? end.code : 'NOT_ALLOWED';
    throw new TagmillError(code, `${end.message} (manager ${config.manager})`, { exit: ERRORS[code].exit });
  });
};

/** The starter is gone: at once, but for what it can no longer remove. Workers end first, or they would make their folders anew. */
function endOrphaned(executor: Executor, ownedDir: string | undefined): void {
  const end = (): never => {
    if (ownedDir !== undefined) removeDir(ownedDir);
    process.exit(143);
  };
  if (ownedDir === undefined) end();
  setTimeout(end, ORPHAN_TIMEOUT_MS);
  executor.close().then(end, end);
}

async function startWorkerEarly(cacheDir: string): Promise<void> {
  useWorkerTemp(resolve(cacheDir));
  const { forkSpare } = await import('@tagmill/executor/worker/fork');
  forkSpare();
}

const removeDir = (path: string): void => rmSync(path, { recursive: true, force: true, maxRetries: 3 });

/** Waits until the process that started this one says where the manager is; ends with it. */
function wordsOfParent(ownedDir: string): Promise<ToChild> {
  return new Promise((tell) => {
    const orphaned = (): never => {
      removeDir(ownedDir);
      process.exit(143);
    };
    if (!process.connected) orphaned();
    process.once('disconnect', orphaned);
    process.once('message', (message: ToChild) => {
      process.removeAllListeners('disconnect');
      tell(message);
    });
  });
}
