/** `tagmill incremental`: all tags for users that registered in the last days. */
import { wholeNumber } from '@tagmill/shared/setting-readers';
import { examples, valueFlag } from '../flags/flag.ts';
import { addRunFlags } from '../flags/run.ts';
import type { VerbModule } from '../program.ts';
import { runVerb } from '../run-verb.ts';

const MOST_DAYS = 36_500;

export const define: VerbModule['define'] = (command, run) => {
  addRunFlags(command)
    .addOption(
      valueFlag(
        '--days <N>',
        'users whose registration_date is the as-of day or one of the N-1 days before',
        wholeNumber(1, MOST_DAYS),
      ).makeOptionMandatory(),
    )
    .addHelpText('after', examples('incremental --days 7 --database sqlite:tags.sqlite --tables ./tables'));
  run(() => runVerb(command, { mode: 'incremental', days: command.opts<{ days: number }>().days }));
};
