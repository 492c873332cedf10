/** `tagmill tags exclude`: keeps a tag from a user by hand. */
import type { VerbModule } from '../program.ts';
import { defineOverride } from '../tags-verb.ts';

const about = 'The user does not hold the tag from now on, whatever its rule says; no run gives it.';

export const define: VerbModule['define'] = (command, run) => defineOverride(command, run, { kind: 'exclude', about });
