/** `npm run check`: everything that can be said without running the product. */
import { runMain } from './lib/say.mjs';
import { closingLine, runStatic } from './lib/steps.mjs';
import { setup } from './setup.mjs';

await runMain(async () => {
  await setup();
  const counts = await runStatic();
  console.log(closingLine(counts));
  return counts.failed === 0 ? 0 : 1;
});
