/** `tagmill task-tags`: some tags for all users. */
import { asTagIds } from '@tagmill/shared/setting-readers';
import { examples, valueFlag } from '../flags/flag.ts';
import { addRunFlags } from '../flags/run.ts';
import type { VerbModule } from '../program.ts';
import { runVerb } from '../run-verb.ts';

export const define: VerbModule['define'] = (command, run) => {
  addRunFlags(command)
    .addOption(valueFlag('--tag-ids <IDS>', 'tags to compute, with commas: 1,3', asTagIds).makeOptionMandatory())
    .addHelpText('after', examples('task-tags --tag-ids 1,3 --database sqlite:tags.sqlite --tables ./tables'));
  run(() => runVerb(command, { mode: 'task-tags', tagIds: command.opts<{ tagIds: readonly number[] }>().tagIds }));
};
