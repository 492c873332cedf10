/** `tagmill tags release`: lets tags go on that the check of a run holds. */
import type { VerbModule } from '../program.ts';
import { defineAnswer } from '../tags-verb.ts';

const about = 'The tags are evaluated again on the same data and merged; the same result does not hold them again.';

export const define: VerbModule['define'] = (command, run) => defineAnswer(command, run, { verb: 'release', about });
