/** `tagmill tags include`: gives a user a tag by hand. */
import type { VerbModule } from '../program.ts';
import { defineOverride } from '../tags-verb.ts';

const about = 'The user holds the tag from now on, whatever its rule says; no run takes it away.';

export const define: VerbModule['define'] = (command, run) => defineOverride(command, run, { kind: 'include', about });
