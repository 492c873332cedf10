/** `npm run -s tagmill -- VERB ...`: sets up what the verb needs, then runs the command line with the project's Node. */
import { join } from 'node:path';
import { launch } from './lib/launch.mjs';
import { ROOT } from './lib/paths.mjs';
import { runMain } from './lib/say.mjs';
import { setup } from './setup.mjs';

const args = process.argv.slice(2);
const verb = args.find((arg) => !arg.startsWith('-'));
const asksOnly = args.includes('--help') || args.includes('-h') || args.includes('--print-config');
/** A demo that ends at once shows no page, unless it is asked for at a port. */
const showsPage = verb === 'manager' || (verb === 'demo' && (!args.includes('--once') || args.some((arg) => arg.startsWith('--port'))));

await runMain(async () => {
  await setup({ dashboard: showsPage && !asksOnly });
  return launch(join(ROOT, 'packages', 'cli', 'src', 'main.ts'), args);
});
