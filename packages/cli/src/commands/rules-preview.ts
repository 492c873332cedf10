/** `tagmill rules preview`: counts a rule over the newest data, beside the live one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readTextInput } from '../files.ts';
import { onStop } from '../lifecycle.ts';
import { Option } from 'commander';
import { MOST_SAMPLES } from '@tagmill/shared/api/rules';
import { examples, valueFlag } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { addRulesFlags, versionFlag, withRules } from '../rules-verb.ts';
import { printJson } from '../say.ts';
import { previewText } from '../show/rule-text.ts';

/** How often a preview is looked at, milliseconds. */
const LOOK_MS = 200;

interface Flags {
  readonly json: boolean;
  readonly tag?: number;
  readonly overlap: boolean;
  readonly against: 'held' | 'live';
  readonly samples: number;
}

function sampleCount(written: string): number {
  const value = Number(written);
  if (/^\d{1,9}$/.test(written) && value <= MOST_SAMPLES) return value;
  throw new Error(`it is a number from 0 to ${MOST_SAMPLES}`);
}

export const define: VerbModule['define'] = (command, run) => {
  addRulesFlags(command.argument('<FILE>', 'JSON file of one rule, or -'))
    .option('--tag <TAG>', 'compare with this tag, as it is for its users now', versionFlag)
    .addOption(
      new Option('--against <WHAT>', 'who holds the tag in user_tags (what the next run does), or what its live rule gives')
        .choices(['held', 'live'])
        .default('held'),
    )
    .addOption(valueFlag('--samples <N>', `users of each kind in the answer, at most ${MOST_SAMPLES}`, sampleCount).default(10))
    .option('--overlap', 'count every other live tag too, and the users whom it shares', false)
    .addHelpText('after', examples('rules preview rule.json --tag 5 --manager http://127.0.0.1:8080'));
  run(async (_, [file]) => {
    const rule = readTextInput(file!);
    const { json, tag, overlap, against, samples } = command.opts<Flags>();
    return await withRules(command, async (rules) => {
      let answer = await rules.beginPreview({ rule, overlap, against, samples, ...(tag === undefined ? {} : { tag_id: tag }) });
      const id = answer.preview_id;
      let stopped = false;
      const release = onStop({
        first: () => {
          stopped = true;
        },
      });
      try {
        let told = false;
        while (answer.state === 'running') {
          await sleep(LOOK_MS);
          answer = await (stopped ? rules.cancelPreview(id) : rules.preview(id));
          if (answer.state === 'running' && answer.figures !== null && !told && process.stderr.isTTY === true) {
            told = true;
            process.stderr.write(previewText(answer));
          }
        }
      } finally {
        release();
      }
      if (json) printJson(answer);
      else process.stdout.write(previewText(answer));
      return answer.state === 'done' ? 0 : 1;
    });
  });
};
