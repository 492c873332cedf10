/** `npm run simulate -- --seeds A..B`: runs simulated worlds and fails when one does. */
import { parseArgs } from 'node:util';
import { simulate } from './world/world.ts';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1..500' }, story: { type: 'boolean', default: false } } });
const range = /^(\d+)(?:\.\.(\d+))?$/.exec(values.seeds);
if (range === null) {
  console.error(`--seeds ${values.seeds} cannot be read: write A..B or one number`);
  process.exit(2);
}
const from = Number(range[1]);
const to = Number(range[2] ?? range[1]);
const startedMs = performance.now();
let failed = 0;
for (let seed = from; seed <= to; seed++) {
  const result = simulate({ seed });
  if (result.broken.length > 0) {
    failed += 1;
    console.error(`seed ${seed} failed after ${result.steps} steps: ${result.broken.slice(0, 3).join(' | ')}`);
  }
  if (values.story) for (const line of result.story) console.error(`  ${line}`);
}
console.log(`${to - from + 1 - failed} of ${to - from + 1} seeds ended well in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
process.exitCode = failed > 0 ? 1 : 0;
