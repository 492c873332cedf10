/** `npm run -s tagmill -- VERB ...`: sets up what the verb needs, then runs the command line with the project's Node. */
import { join } from 'node:path';
import { launch } from './lib/launch.mjs';
import { ROOT } from './lib/paths.mjs';
import { runMain } from './lib/say.mjs';
import { setup } from './setup.mjs';

const args = process.argv.slice(2);
const verb = args.find((arg) => !arg.startsWith('-'));
const asksOnly = args.includes('--help') || args.includes('-h') || args.includes('--print-config');

await runMain(async () => {
  await setup({ dashboard: (verb === 'demo' || verb === 'manager') && !asksOnly });
  return launch(join(ROOT, 'packages', 'cli', 'src', 'main.ts'), args);
});
