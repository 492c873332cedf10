/** Chinese texts, file for file and key for key as in `en.ts`. Chinese has one plural form. */
import { errors } from './zh/errors.ts';
import { executors } from './zh/executors.ts';
import { frame } from './zh/frame.ts';
import { recovery } from './zh/recovery.ts';
import { rules } from './zh/rules.ts';
import { run } from './zh/run.ts';
import { tags } from './zh/tags.ts';
import { settings } from './zh/settings.ts';
import { catalogue } from './zh/catalogue.ts';
import { users } from './zh/users.ts';
import { inbox } from './zh/inbox.ts';
import { palette } from './zh/palette.ts';
import { words } from './zh/words.ts';

export const zh = {
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
