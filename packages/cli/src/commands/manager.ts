/** `tagmill manager`: the graph, REST, the live feed and the page, until it is told to end. */
import { Option } from 'commander';
import { toTagmillError } from '@tagmill/shared/errors';
import { readConfigFile, readTextFile } from '../files.ts';
import { examples } from '../flags/flag.ts';
import { onStop } from '../lifecycle.ts';
import type { VerbModule } from '../program.ts';
import { say } from '../say.ts';

const ABOUT = `
Settings come from the file < environment (TAGMILL_DATABASE_URL, TAGMILL_TABLES, ...)
< flags. Secrets come from the environment alone: TAGMILL_JOIN_TOKEN for executors,
TAGMILL_API_KEY for REST, WebSocket and the page, TAGMILL_DATABASE_PASSWORD; each also
as ..._FILE. Listening beyond loopback needs a certificate.
SIGTERM: no new work, everything journaled, exit 0; a second signal ends at once.
`;

interface ManagerFlags {
  readonly config?: string;
  readonly printConfig?: boolean;
}

export const define: VerbModule['define'] = (command, run) => {
  command
    .option('--database <URL>', 'sqlite:PATH or mysql://user:pass@host:port/name')
    .option('--tables <URL>', 'folder or s3://bucket/prefix')
    .option('--data-dir <DIR>', 'folder of the journal (.tagmill)')
    .option('--s3-endpoint <URL>', 'S3 server, when it is not AWS')
    .option('--time-zone <ZONE>', 'zone in which days begin (UTC)')
    .option('--shard-rows <N>', 'users in a shard, about (250,000)')
    .option('--tasks <DIR>', 'folder of task files; the one that comes with Tagmill')
    .option('--http <HOST:PORT>', 'where REST, feed and page listen (127.0.0.1:8080)')
    .option('--grpc <HOST:PORT>', 'where executors join (127.0.0.1:7443)')
    .option('--tls-cert <FILE>', 'certificate, for addresses beyond loopback')
    .option('--tls-key <FILE>', 'its key')
    .option('--heartbeat <TIME>', 'how often executors say that they live (3s)')
    .option('--lease <TIME>', 'silence after which a shard is given to another (9s)')
    .option('--stop-deadline <TIME>', 'what an attempt has to stop before its process is ended (5s)')
    .option('--attempt-deadline <TIME>', 'what an attempt of a shard may take (1h)')
    .option('--snapshot-events <N>', 'events after which a snapshot is made (4,000,000)')
    .option('--snapshot-interval <TIME>', 'time after which one is made when something was written (60s)')
    .option('--snapshot-s3 <URL>', 's3://bucket/prefix that snapshots are copied to')
    .option('--snapshot-s3-keep <N>', 'newest ones kept there (3)')
    .option('--copies <N>', 'executors that keep a copy of the journal (8)')
    .option('--durability <KIND>', 'confirm what is on disk (local), or also in an executor’s copy (copied)')
    .option('--recovery-window <TIME>', 'how long a start waits for copies that it needs (5s)')
    .option('--recover-from <NAME>', 'go on with the journal of this executor; own: with the own one')
    .option('--accept-loss', 'go on although something that was confirmed is missing')
    .option('--log-level <LEVEL>', 'trace, debug, info, warn, error, silent (info)')
    .option('--config <FILE>', 'settings in YAML, named like the flags')
    .option('--rule-approval', 'a rule goes live once somebody else than its writer has approved it')
    .option('--insecure-dev', 'no secrets, loopback only')
    .addOption(new Option('--print-config', 'print the settings, secrets masked, and end'))
    .addHelpText(
      'after',
      ABOUT +
        examples('manager --database sqlite:tags.sqlite --tables ./tables --insecure-dev', 'manager --config manager.yaml --print-config'),
    );
  run(async () => {
    const flags = command.opts<ManagerFlags>();
    const { compileManagerConfig } = await import('@tagmill/manager/config/compile');
    const file = await readConfigFile(flags.config);
    const written = Object.fromEntries(
      command.options.map((option) => [option.long?.slice(2) ?? '', command.getOptionValue(option.attributeName())]),
    );
    const { config, printed } = compileManagerConfig({ file, environment: process.env, flags: written as never, readText: readTextFile });
    if (flags.printConfig === true) {
      process.stdout.write(printed);
      return 0;
    }
    const [{ Manager }, { serviceLog }] = await Promise.all([import('@tagmill/manager'), import('../service-log.ts')]);
    const manager = new Manager(config, serviceLog(config.logLevel, 'manager'));
    let askedToStop: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      askedToStop = resolve;
    });
    const release = onStop({ first: () => askedToStop() });
    const { httpUrl, grpcAddress } = await manager.start();
    say(`dashboard and REST at ${httpUrl}, executors join at ${grpcAddress}`);
    if (config.insecureDev) say('no key is asked for (--insecure-dev); only this machine can reach it');
    const failure = await Promise.race([asked, manager.failed]);
    await manager.stop();
    release();
    if (failure !== undefined) throw toTagmillError(failure);
    return 0;
  });
};
