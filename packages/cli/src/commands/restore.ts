/** `tagmill restore`: a backup becomes the journal of a manager that is stopped. */
import { resolve } from 'node:path';
import { dataDirFlag, dataDirOf } from '../flags/data-dir.ts';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { say } from '../say.ts';

const ABOUT = `
Refuses a directory that a manager works in, and one that holds a journal already, unless
--force is given: then what lies there is moved aside, never deleted. A manager that has
confirmed more than the backup holds waits for copies at its next start, and stops when
there are none; --accept-loss of \`tagmill manager\` goes on from the backup.
`;

export const define: VerbModule['define'] = (command, run) => {
  command
    .requiredOption('--from <DIR>', 'folder that `tagmill backup` has made, or another data directory')
    .addOption(dataDirFlag())
    .option('--force', 'move aside what lies in the data directory')
    .addHelpText('after', ABOUT + examples('restore --from backup-monday --data-dir .tagmill'));
  run(async () => {
    const { restore } = await import('@tagmill/manager/store/backup');
    const { from, force } = command.opts<{ from: string; force?: boolean }>();
    const dataDir = dataDirOf(command);
    const { at, aside } = restore(resolve(from), dataDir, force === true, Date.now());
    if (aside !== undefined) say(`what lay in ${dataDir} is in ${aside} now`);
    say(`${dataDir} holds the journal up to entry ${at.seq} of term ${at.term}`);
    return 0;
  });
};
