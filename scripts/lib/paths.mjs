/** Where things lie in the checkout. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const TOOLS = join(ROOT, 'tools');
export const MODULES = join(ROOT, 'node_modules');
export const DASHBOARD = join(ROOT, 'packages', 'dashboard');
/** Compiled code of Node, so that the second start of a program is fast. */
export const COMPILE_CACHE = join(MODULES, '.cache', 'node-compile');
