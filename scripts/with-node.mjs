/** `node scripts/with-node.mjs SCRIPT ARGS`: runs a script of the checkout with the project's Node. */
import { resolve } from 'node:path';
import { launch } from './lib/launch.mjs';
import { runMain, SetupError } from './lib/say.mjs';
import { setup } from './setup.mjs';

await runMain(async () => {
  const [script, ...args] = process.argv.slice(2);
  if (script === undefined) throw new SetupError('no script is named; write node scripts/with-node.mjs SCRIPT ARGS', 2);
  await setup();
  return launch(resolve(script), args, { ipc: false });
});
