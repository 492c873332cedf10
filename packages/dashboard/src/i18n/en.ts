/** English texts, a file for each screen. `zh.ts` has the same keys; a test holds both equal. Names of tags and tasks come from data and are never translated. */
import { errors } from './en/errors.ts';
import { executors } from './en/executors.ts';
import { frame } from './en/frame.ts';
import { recovery } from './en/recovery.ts';
import { rules } from './en/rules.ts';
import { run } from './en/run.ts';
import { words } from './en/words.ts';

export const en = { ...words, ...frame, ...run, ...executors, ...recovery, ...rules, ...errors } as const;
