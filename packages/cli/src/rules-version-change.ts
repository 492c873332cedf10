/** `tagmill rules publish`, `restore`, `propose`, `approve` and `reject`: a version that is there gets another state. */
import { examples } from './flags/flag.ts';
import type { VerbModule } from './program.ts';
import { addRulesFlags, tagArgument, versionFlag, withRules, writerFor } from './rules-verb.ts';
import { printJson, say } from './say.ts';
import { savedText } from './show/rule-text.ts';

interface Options {
  readonly json: boolean;
  readonly versionNumber: number;
  readonly reason: string;
  readonly ifMatch?: string;
}

/** `which`: the version that is named, in the help. */
export const versionChange =
  (verb: 'publish' | 'restore' | 'propose' | 'approve' | 'reject', which: string): VerbModule['define'] =>
  (command, run) => {
    const example = `rules ${verb} 5 --version-number 3 --reason "the limit was right" --manager http://127.0.0.1:8080`;
    addRulesFlags(command.argument('<TAG>', 'id of the tag'))
      .requiredOption('--version-number <VERSION>', which, versionFlag)
      .requiredOption('--reason <TEXT>', 'why; kept with the version')
      .option('--if-match <ETAG>', 'refuse when the rule is not at this ETag any more')
      .addHelpText('after', examples(example));
    run(async (_, [tag]) =>
      withRules(command, async (rules) => {
        const tagId = tagArgument(tag!);
        const { json, versionNumber, reason, ifMatch } = command.opts<Options>();
        const writer = await writerFor(rules, tagId, ifMatch);
        const answer = await rules[verb](tagId, { version: versionNumber, reason }, writer);
        if (json) printJson(answer);
        else say(savedText(tagId, answer));
        return 0;
      }),
    );
  };
