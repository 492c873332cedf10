/** `tagmill tags clear`: lets the rule of a tag decide of a user again. */
import type { VerbModule } from '../program.ts';
import { defineOverride } from '../tags-verb.ts';

const about = 'An inclusion leaves what a rule had given before it; after an exclusion the next run decides.';

export const define: VerbModule['define'] = (command, run) => defineOverride(command, run, { kind: 'clear', about });
