/** English texts, a file for each screen. `zh.ts` has the same keys; a test holds both equal. Names of tags and tasks come from data and are never translated. */
import { errors } from './en/errors.ts';
import { executors } from './en/executors.ts';
import { frame } from './en/frame.ts';
import { recovery } from './en/recovery.ts';
import { rules } from './en/rules.ts';
import { run } from './en/run.ts';
import { tags } from './en/tags.ts';
import { settings } from './en/settings.ts';
import { catalogue } from './en/catalogue.ts';
import { users } from './en/users.ts';
import { inbox } from './en/inbox.ts';
import { palette } from './en/palette.ts';
import { words } from './en/words.ts';

export const en = {
  ...words,
  ...frame,
  ...run,
  ...executors,
  ...recovery,
  ...rules,
  ...tags,
  ...catalogue,
  ...users,
  ...inbox,
  ...settings,
  ...palette,
  ...errors,
} as const;
