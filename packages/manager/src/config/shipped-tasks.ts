import { fileURLToPath } from 'node:url';

/** Folder of the task files that come with Tagmill; the default of `--tasks`. */
export const SHIPPED_TASKS = fileURLToPath(new URL('../../../../tasks', import.meta.url));
