/** `tagmill backup`: a copy of a manager's journal, also while it runs. */
import { resolve } from 'node:path';
import { dataDirFlag, dataDirOf } from '../flags/data-dir.ts';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { say } from '../say.ts';

const ABOUT = `
The newest snapshot and the journal behind it, every byte verified on the way. The
manager may run: the backup holds what was confirmed up to then. A backup is a data
directory in its smallest form; \`journal verify\` and \`journal dump\` read it, too.
Nothing secret is in it, but names of users of the API and of tables are.
`;

export const define: VerbModule['define'] = (command, run) => {
  command
    .addOption(dataDirFlag())
    .requiredOption('--to <DIR>', 'folder to make; it must not exist yet')
    .addHelpText('after', ABOUT + examples('backup --data-dir .tagmill --to backup-monday'));
  run(async () => {
    const { backUp } = await import('@tagmill/manager/store/backup');
    const to = resolve(command.opts<{ to: string }>().to);
    const { at, snapshotSeq } = backUp(dataDirOf(command), to);
    say(
      `${to} holds the journal up to entry ${at.seq} of term ${at.term}, ${snapshotSeq === null ? 'from the beginning' : `behind the snapshot at entry ${snapshotSeq}`}`,
    );
    return 0;
  });
};
