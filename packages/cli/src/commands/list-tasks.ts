/** `tagmill list-tasks`: the tags that can be computed, with their task files. */
import { examples } from '../flags/flag.ts';
import { addPlaceFlags } from '../flags/run.ts';
import { openPlace } from '../open-place.ts';
import type { VerbModule } from '../program.ts';
import { printJson } from '../say.ts';
import { textTable } from '../show/width.ts';

export const define: VerbModule['define'] = (command, run) => {
  addPlaceFlags(command).addHelpText(
    'after',
    examples('list-tasks --database sqlite:tags.sqlite --tables ./tables', 'list-tasks --manager http://127.0.0.1:8080 --json'),
  );
  run(async () => {
    const place = await openPlace(command, 0);
    try {
      const tags = await place.availableTags();
      if (command.opts<{ json: boolean }>().json) {
        const shown = tags.map(({ tagId, name, category, domain, description, isActive, task }) => ({
          tag_id: tagId,
          tag_name: name,
          tag_category: category,
          domain,
          description,
          is_active: isActive,
          task,
        }));
        printJson({ tags: shown, total: shown.length });
      } else {
        const rows = tags.map((tag) => [
          String(tag.tagId),
          tag.name,
          tag.domain,
          tag.isActive ? 'active' : 'inactive',
          tag.task ?? '(database only)',
        ]);
        process.stdout.write(`${textTable(['tag', 'name', 'domain', 'rule', 'task'], rows, new Set([0]))}\n`);
      }
      return 0;
    } finally {
      await place.close();
    }
  });
};
