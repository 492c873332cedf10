/** `tagmill journal explain SEQ`: what happened in one entry, and what it changed. */
import { TagmillError } from '@tagmill/shared/errors';
import { wholeNumber } from '@tagmill/shared/setting-readers';
import { dataDirFlag, dataDirOf } from '../flags/data-dir.ts';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';

export const define: VerbModule['define'] = (command, run) => {
  command
    .argument('<SEQ>', 'number of the entry, as `journal dump` and the recovery report name it')
    .addOption(dataDirFlag())
    .addHelpText('after', examples('journal explain 1042 --data-dir .tagmill'));
  run(async (_, [written]) => {
    const seq = seqOf(written ?? '');
    const { explainBatch } = await import('@tagmill/manager/store/batch-story');
    const { batch, events, isReplayed } = explainBatch(dataDirOf(command), seq);
    const lines = [
      `entry ${batch.seq}, term ${batch.term}, hash ${Buffer.from(batch.hash).toString('hex').slice(0, 8)}, ${batch.blob.length} bytes`,
      ...events.flatMap(({ atMs, sentence, changes }) => [
        `${new Date(atMs).toISOString()} ${sentence}`,
        ...changes.map((change) => `    ${change}`),
      ]),
      ...(isReplayed ? [] : ['what was before it is not in the journal any more, so what it changed cannot be told']),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
    return 0;
  });
};

function seqOf(written: string): number {
  try {
    return wholeNumber(1, Number.MAX_SAFE_INTEGER)(written);
  } catch (error) {
    throw new TagmillError('USAGE', `SEQ: ${error instanceof Error ? error.message : String(error)}`, {}, error);
  }
}
