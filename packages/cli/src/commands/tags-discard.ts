/** `tagmill tags discard`: ends tags that the check of a run holds; nothing of them is written. */
import type { VerbModule } from '../program.ts';
import { defineAnswer } from '../tags-verb.ts';

const about = 'The tags end as stopped: user_tags stays as it is.';

export const define: VerbModule['define'] = (command, run) => defineAnswer(command, run, { verb: 'discard', about });
