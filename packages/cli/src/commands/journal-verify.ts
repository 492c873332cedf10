/** `tagmill journal verify`: whether all that lies in a data directory holds. */
import { dataDirFlag, dataDirOf } from '../flags/data-dir.ts';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { printJson, say } from '../say.ts';

const ABOUT = `
Reads every byte of every snapshot and every entry of the journal, and changes nothing.
Exit code 1 when a start would find something wrong. A backup is verified the same way.
`;

export const define: VerbModule['define'] = (command, run) => {
  command
    .addOption(dataDirFlag())
    .option('--json', 'the verdict as JSON')
    .addHelpText('after', ABOUT + examples('journal verify --data-dir .tagmill', 'journal verify --data-dir backup-monday'));
  run(async () => {
    const dataDir = dataDirOf(command);
    const [{ verifyDataDir }, { mayBeInUse }, { verdictText, verdictJson }] = await Promise.all([
      import('@tagmill/manager/store/verify'),
      import('@tagmill/manager/store/offline'),
      import('../show/verdict-text.ts'),
    ]);
    if (mayBeInUse(dataDir)) say('a manager works in this directory: what it writes from now on is not looked at');
    const verdict = verifyDataDir(dataDir);
    if (command.opts<{ json?: boolean }>().json === true) printJson(verdictJson(verdict));
    else process.stdout.write(verdictText(verdict));
    return verdict.fault === null && verdict.snapshots.every(({ why }) => why === null) ? 0 : 1;
  });
};
