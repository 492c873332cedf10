/** `tagmill doctor`: looks at everything that a run needs and says what to do. */
import { asAddress } from '@tagmill/shared/setting-readers';
import type { Finding, Patient } from '../doctor/check.ts';
import { databaseFlag, databaseOf } from '../flags/database.ts';
import { examples, valueFlag } from '../flags/flag.ts';
import { endpointFlag, tablesFlag, tablesOf } from '../flags/tables.ts';
import type { VerbModule } from '../program.ts';
import { printJson } from '../say.ts';

const DEFAULT_HTTP = { host: '127.0.0.1', port: 8080 };
const DEFAULT_GRPC = { host: '127.0.0.1', port: 7443 };
const MARK: Readonly<Record<Finding['state'], string>> = { ok: 'ok  ', note: 'note', bad: 'BAD ' };

interface DoctorFlags {
  readonly dataDir: string;
  readonly http: Patient['addresses'][number]['address'];
  readonly grpc: Patient['addresses'][number]['address'];
  readonly database?: string;
  readonly json: boolean;
}

export const define: VerbModule['define'] = (command, run) => {
  command
    .addOption(databaseFlag())
    .addOption(tablesFlag())
    .addOption(endpointFlag())
    .option('--data-dir <DIR>', 'folder of the journal', '.tagmill')
    .addOption(valueFlag('--http <HOST:PORT>', 'where a manager would listen', asAddress).default(DEFAULT_HTTP, '127.0.0.1:8080'))
    .addOption(valueFlag('--grpc <HOST:PORT>', 'where executors would join', asAddress).default(DEFAULT_GRPC, '127.0.0.1:7443'))
    .option('--json', 'one JSON document on stdout', false)
    .addHelpText(
      'after',
      `\nExit code 0: nothing is bad; 1: something is.\n${examples('doctor', 'doctor --database sqlite:tags.sqlite --tables ./tables')}`,
    );
  run(async () => {
    const flags = command.opts<DoctorFlags>();
    const patient: Patient = {
      database: flags.database === undefined ? undefined : databaseOf(command),
      tables: tablesOf(command),
      dataDir: flags.dataDir,
      addresses: [
        { flag: '--http', address: flags.http },
        { flag: '--grpc', address: flags.grpc },
      ],
    };
    const { CHECKS } = await import('../doctor/registry.ts');
    const found: { readonly check: string; readonly state: Finding['state']; readonly text: string; readonly todo?: string }[] = [];
    for (const check of CHECKS) {
      for (const finding of await check.run(patient)) {
        found.push({ check: check.name, ...finding });
        if (!flags.json) process.stdout.write(`${line(check.name, finding)}\n`);
      }
    }
    const isWell = found.every((finding) => finding.state !== 'bad');
    if (flags.json) printJson({ ok: isWell, findings: found });
    return isWell ? 0 : 1;
  });
};

const line = (name: string, { state, text, todo }: Finding): string =>
  `${MARK[state]}  ${name.padEnd(9)} ${text}${todo === undefined ? '' : ` -> ${todo}`}`;
