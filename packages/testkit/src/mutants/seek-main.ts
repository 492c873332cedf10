/** Looks for the first seed that fails: `seek-main.ts MIX FROM TO`. Prints it as JSON, or null. */
import { mixOf } from '../world/mixes.ts';
import { simulateSafely } from '../world/run-seeds.ts';

const [mix = 'drawn', from = '1', to = '2000'] = process.argv.slice(2);
let found: { readonly seed: number; readonly sentence: string } | null = null;
for (let seed = Number(from); seed <= Number(to) && found === null; seed++) {
  const { broken } = simulateSafely({ seed, mix: mixOf(mix, seed) });
  if (broken.length > 0) found = { seed, sentence: broken[0]!.split('\n')[0]! };
}
console.log(JSON.stringify(found));
