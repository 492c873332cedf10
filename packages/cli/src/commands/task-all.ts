/** `tagmill task-all`: all tags for all users. */
import { examples } from '../flags/flag.ts';
import { addRunFlags } from '../flags/run.ts';
import type { VerbModule } from '../program.ts';
import { runVerb } from '../run-verb.ts';

export const define: VerbModule['define'] = (command, run) => {
  addRunFlags(command).addHelpText(
    'after',
    examples(
      'task-all --database sqlite:tags.sqlite --tables ./tables',
      'task-all --manager https://tagmill.example --business-date 2026-11-22 --json',
    ),
  );
  run(() => runVerb(command, { mode: 'task-all' }));
};
