/** `tagmill tags overrides`: who has a tag, or has it not, by hand. */
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { printJson, say } from '../say.ts';
import { tagArgument } from '../rules-verb.ts';
import { addTagsFlags, withTags } from '../tags-verb.ts';

export const define: VerbModule['define'] = (command, run) => {
  addTagsFlags(command.argument('<TAG>', 'id of the tag'))
    .option('--json', 'one JSON document on stdout', false)
    .addHelpText('after', examples('tags overrides 5 --database sqlite:tags.sqlite'));
  run(async (_, [tag]) => {
    const overrides = await withTags(command, (tags) => tags.overrides(tagArgument(tag!)));
    if (command.opts<{ json: boolean }>().json) printJson({ overrides });
    else if (overrides.length === 0) say(`nobody is included in tag ${tag} or excluded from it by hand`);
    else
      for (const { user_id: user, kind, who, reason, at } of overrides)
        process.stdout.write(`${user}: ${kind}d by ${who} at ${at}: ${reason}\n`);
    return 0;
  });
};
