/** `tagmill task-users`: tags for some users. */
import { TagmillError } from '@tagmill/shared/errors';
import { LIMITS } from '@tagmill/shared/limits';
import { asTagIds } from '@tagmill/shared/setting-readers';
import { readTextFile } from '../files.ts';
import { examples, valueFlag } from '../flags/flag.ts';
import { addRunFlags } from '../flags/run.ts';
import type { VerbModule } from '../program.ts';
import { runVerb } from '../run-verb.ts';

interface UserFlags {
  readonly userIds?: readonly string[];
  readonly userFile?: string;
  readonly tagIds?: readonly number[];
}

export const define: VerbModule['define'] = (command, run) => {
  addRunFlags(command)
    .addOption(valueFlag('--user-ids <IDS>', 'users, with commas: user_000001,user_000002', asUserIds))
    .option('--user-file <FILE>', 'file of users, one id a line')
    .addOption(valueFlag('--tag-ids <IDS>', 'tags to compute, with commas; all active ones', asTagIds))
    .addHelpText(
      'after',
      examples(
        'task-users --user-ids user_000001,user_000002 --database sqlite:tags.sqlite --tables ./tables',
        'task-users --user-file users.txt --tag-ids 1,3 --database sqlite:tags.sqlite --tables ./tables',
      ),
    );
  run(() => {
    const { tagIds } = command.opts<UserFlags>();
    const userIds = usersOf(command.opts<UserFlags>());
    return runVerb(command, { mode: 'task-users', userIds, ...(tagIds === undefined ? {} : { tagIds }) });
  });
};

function asUserIds(written: string): readonly string[] {
  const users = written.split(',');
  if (users.some((user) => user === '')) throw new Error('a user id is empty; write ids with single commas between them');
  return users;
}

function usersOf({ userIds, userFile }: UserFlags): readonly string[] {
  if (userIds !== undefined && userFile !== undefined)
    throw new TagmillError('USAGE', '--user-ids and --user-file are both given; keep one');
  const users = userIds ?? (userFile === undefined ? undefined : linesOf(userFile));
  if (users === undefined) throw new TagmillError('USAGE', 'no users are named; give --user-ids a,b or --user-file FILE');
  if (users.length > LIMITS.usersPerRequest) {
    throw new TagmillError(
      'USAGE',
      `${users.length.toLocaleString('en-US')} users are named; a run takes ${LIMITS.usersPerRequest.toLocaleString('en-US')}, split them`,
    );
  }
  return users;
}

/** Lines as they are, without their ends: a user id may begin or end with a space. */
function linesOf(path: string): readonly string[] {
  const text = readTextFile(path).replace(/^\uFEFF/, '');
  const users = text.split(/\r?\n/).filter((line) => line !== '');
  if (users.length === 0) throw new TagmillError('USAGE', `${path} names no user; write one id a line`);
  return users;
}
