/** `tagmill rules put`: saves a new version of a rule. */
import type { SaveBody } from '@tagmill/shared/api/rules';
import { TagmillError } from '@tagmill/shared/errors';
import { readTextFile, readTextInput } from '../files.ts';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { addRulesFlags, tagArgument, withRules, writerFor } from '../rules-verb.ts';
import { printJson, say } from '../say.ts';
import { savedText } from '../show/rule-text.ts';

const ABOUT = `
A rule with an error is refused, and so is one that gives another result on one of its
examples: {"name", "row": {field: value}, "expect": "T"|"F"|"U", "as_of"?}. Nothing is
ever overwritten: \`rules versions\` lists what there was.
`;

export const define: VerbModule['define'] = (command, run) => {
  addRulesFlags(command.argument('<TAG>', 'id of the tag').argument('<FILE>', 'JSON file of one rule, or -'))
    .requiredOption('--reason <TEXT>', 'why; kept with the version')
    .option('--examples <FILE>', 'JSON list of examples; those of the newest version are kept when left out')
    .option('--draft', 'save a draft; runs go on with the live rule', false)
    .option('--propose', 'ask somebody else to approve it; what is done anyway where the manager asks for that', false)
    .option('--if-match <ETAG>', 'refuse when the rule is not at this ETag any more')
    .addHelpText('after', ABOUT + examples('rules put 5 rule.json --reason "limit raised, PRD-771" --manager http://127.0.0.1:8080'));
  run(async (_, [tag, file]) => {
    const flags = command.opts<{ json: boolean; reason: string; examples?: string; draft: boolean; propose: boolean; ifMatch?: string }>();
    const rule = readTextInput(file!);
    const written = flags.examples === undefined ? {} : { examples: examplesIn(flags.examples) };
    return await withRules(command, async (rules) => {
      const tagId = tagArgument(tag!);
      const state = flags.draft ? ({ state: 'draft' } as const) : flags.propose ? ({ state: 'proposed' } as const) : {};
      const body: SaveBody = { rule, reason: flags.reason, ...state, ...written };
      const answer = await rules.save(tagId, body, await writerFor(rules, tagId, flags.ifMatch));
      if (flags.json) printJson(answer);
      for (const { code, path, message } of answer.warnings) say(`note ${code} at ${path === '' ? 'the whole rule' : path}: ${message}`);
      say(savedText(tagId, answer));
      return 0;
    });
  });
};

function examplesIn(path: string): NonNullable<SaveBody['examples']> {
  try {
    return JSON.parse(readTextFile(path)) as NonNullable<SaveBody['examples']>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new TagmillError('FILE_UNREADABLE', `${path} is no JSON: ${error.message}`);
  }
}
