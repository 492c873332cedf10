/** `tagmill rules test`: the rules of tags on their examples. */
import type { TestAnswer } from '@tagmill/shared/api/rules';
import type { Place } from '../place.ts';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { addRulesFlags, tagArgument, withRules } from '../rules-verb.ts';
import { printJson, say } from '../say.ts';
import { testText } from '../show/rule-text.ts';

const ABOUT = `
Without TAG every active tag is tested; those without examples are passed over. Exit code
1 when an example does not hold.
`;

export const define: VerbModule['define'] = (command, run) => {
  addRulesFlags(command.argument('[TAG]', 'id of the tag; all of them when left out')).addHelpText(
    'after',
    ABOUT + examples('rules test 5 --manager http://127.0.0.1:8080', 'rules test --manager http://127.0.0.1:8080'),
  );
  run(async (_, [tag]) =>
    withRules(command, async (rules, place) => {
      const { json } = command.opts<{ json: boolean }>();
      if (tag !== undefined) {
        const answer = await rules.testTag(tagArgument(tag));
        if (json) printJson(answer);
        else process.stdout.write(testText(answer));
        return answer.ok ? 0 : 1;
      }
      const answers = await testAll(place);
      if (json) printJson({ tags: answers });
      else for (const { tag_id, tag_name, ...answer } of answers) process.stdout.write(`tag ${tag_id} ${tag_name}\n${testText(answer)}`);
      say(`${answers.length} tags have examples`);
      return answers.every((answer) => answer.ok) ? 0 : 1;
    }),
  );
};

/** One after the other: each is an answer of its own. A rule that cannot be tested at all ends the verb with what is wrong. */
async function testAll(place: Place): Promise<readonly (TestAnswer & { readonly tag_id: number; readonly tag_name: string })[]> {
  const answers: (TestAnswer & { readonly tag_id: number; readonly tag_name: string })[] = [];
  for (const { tagId, name, isActive } of await place.availableTags()) {
    if (!isActive) continue;
    const { live } = await place.rules.get(tagId);
    if (live === null || live.examples.length === 0) continue;
    answers.push({ tag_id: tagId, tag_name: name, ...(await place.rules.testTag(tagId)) });
  }
  return answers;
}
