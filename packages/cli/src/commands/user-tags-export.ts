/** `tagmill user-tags export`: every row of user_tags, ordered by the bytes of user_id. */
import { once } from 'node:events';
import { Option } from 'commander';
import type { ExportFormat } from '../data/user-tags-lines.ts';
import { databaseFlag, databaseOf, refuseMissingFile, withMetadata } from '../flags/database.ts';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { plural, say } from '../say.ts';

/** Text gathered before it is written, characters. */
const CHUNK = 64 * 1024;

export const define: VerbModule['define'] = (command, run) => {
  command
    .addOption(databaseFlag())
    .addOption(new Option('--format <FORMAT>', 'csv (RFC 4180) or jsonl').choices(['csv', 'jsonl']).default('csv'))
    .addHelpText('after', examples('user-tags export --database sqlite:tags.sqlite --format csv > tags.csv'));
  run(async () => {
    const target = databaseOf(command);
    await refuseMissingFile(target);
    const { format } = command.opts<{ format: ExportFormat }>();
    const { headOf, lineOf } = await import('../data/user-tags-lines.ts');
    const rows = await withMetadata(target, async (metadata) => {
      let [text, count] = [headOf(format), 0];
      for await (const row of metadata.exportUserTags()) {
        text += lineOf(format, row.userId, row.tagIds);
        count += 1;
        if (text.length < CHUNK) continue;
        await write(text);
        text = '';
      }
      await write(text);
      return count;
    });
    say(`${plural(rows, 'user')} exported`);
    return 0;
  });
};

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
