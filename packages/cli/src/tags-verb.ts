/** What the verbs about tags have in common: where they ask, and what they say of a run's tags. */
import type { Command } from 'commander';
import type { TagsPort } from '@tagmill/manager/port-tags';
import type { RunReport } from '@tagmill/shared/api/report';
import { TagmillError } from '@tagmill/shared/errors';
import type { OverrideKind } from '@tagmill/shared/merge/override-row';
import { instanceId } from '@tagmill/shared/ids';
import { environmentSecret } from './files.ts';
import { databaseFlag, databaseOf, refuseMissingFile, withMetadata } from './flags/database.ts';
import { examples } from './flags/flag.ts';
import { managerFlag, userName } from './flags/run.ts';
import type { SetAction } from './program.ts';
import { plural, say } from './say.ts';
import { tagArgument } from './rules-verb.ts';

export const byCommand = (): string => `cli:${userName()}`;

export const addTagsFlags = (command: Command): Command =>
  command
    .addOption(databaseFlag())
    .addOption(managerFlag('ask the manager at this address (key in TAGMILL_API_KEY) instead of the database'));

/** Asks the manager that the flags name, or the database. */
export async function withTags<T>(command: Command, use: (tags: TagsPort) => Promise<T>): Promise<T> {
  const { manager } = command.opts<{ manager?: string }>();
  if (manager !== undefined) {
    if (command.getOptionValueSource('database') === 'cli')
      throw new TagmillError('USAGE', '--database cannot be used with --manager: the manager has its own; leave one of them out');
    const [{ ManagerApi }, { RemoteTags }] = await Promise.all([import('./remote/api.ts'), import('./remote/remote-tags.ts')]);
    return use(new RemoteTags(new ManagerApi(manager, environmentSecret('TAGMILL_API_KEY'))));
  }
  const target = databaseOf(command);
  await refuseMissingFile(target);
  const { TagDesk } = await import('@tagmill/manager/shell/tag-desk');
  return withMetadata(target, (metadata) => use(new TagDesk(() => metadata)));
}

/** A verb that answers the check of a run: lets its held tags go on, or discards them. */
export function defineAnswer(
  command: Command,
  run: SetAction,
  answer: { readonly verb: 'release' | 'discard'; readonly about: string },
): void {
  const { verb, about } = answer;
  command
    .argument('<RUN>', 'id of the run')
    .argument('<TAG...>', 'ids of the tags that its check holds')
    .addOption(managerFlag('manager of the run (key in TAGMILL_API_KEY)').makeOptionMandatory())
    .requiredOption('--reason <TEXT>', 'why; kept in the story of the tag')
    .addHelpText('after', `\n${about}\n${examples(`tags ${verb} RUN 5 --reason "a new partner" --manager http://127.0.0.1:8080`)}`);
  run(async (_, [runId, ...tags]) => {
    const { manager, reason } = command.opts<{ manager: string; reason: string }>();
    const { ManagerApi } = await import('./remote/api.ts');
    const api = new ManagerApi(manager, environmentSecret('TAGMILL_API_KEY'));
    const path = `/api/v1/runs/${encodeURIComponent(runId!)}`;
    const report = (await api.get(`${path}/report`)).body as RunReport;
    const ids = [...new Set(tags.map(tagArgument))];
    for (const id of ids) {
      const tag = report.tags.find(({ tag_id }) => tag_id === id);
      if (tag === undefined) throw new TagmillError('TAG_NOT_FOUND', `run ${runId} has no tag ${id}`);
      if (tag.state !== 'held' || tag.breach === undefined || tag.breach.released_by !== null)
        throw new TagmillError('ACTION_REFUSED', `the check of run ${runId} does not hold tag ${id} (${tag.name}); it is ${tag.state}`);
      say(`tag ${id} ${tag.name}: ${tag.breach.message}`);
    }
    const selection = ids.map((id) => instanceId(runId!, `tag-${id}`));
    await api.post(`${path}/actions`, { action: verb === 'release' ? 'release' : 'stop', selection, reason });
    say(
      verb === 'release'
        ? `${plural(ids.length, 'tag')} released: evaluated again and merged`
        : `${plural(ids.length, 'tag')} discarded: nothing of them was written`,
    );
    return 0;
  });
}

/** A verb that says something of a user and a tag by hand. */
export function defineOverride(
  command: Command,
  run: SetAction,
  { kind, about }: { readonly kind: OverrideKind; readonly about: string },
): void {
  addTagsFlags(command.argument('<USER>', 'id of the user').argument('<TAG>', 'id of the tag'))
    .requiredOption('--reason <TEXT>', 'why; kept with it')
    .addHelpText('after', `\n${about}\n${examples(`tags ${kind} user_000123 5 --reason "by agreement" --database sqlite:tags.sqlite`)}`);
  run(async (_, [user, tag]) => {
    const tagId = tagArgument(tag!);
    const { reason } = command.opts<{ reason: string }>();
    if (user === '' || [...user!].length > 100) throw new TagmillError('USAGE', 'the id of a user has 1 to 100 characters');
    await withTags(command, (tags) => tags.setOverride(user!, tagId, { kind, reason }, byCommand()));
    say(kind === 'clear' ? `tag ${tagId} of ${user}: the rule decides again` : `tag ${tagId} of ${user}: ${kind}d by hand`);
    return 0;
  });
}
