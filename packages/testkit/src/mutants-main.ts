/** `npm run mutants [-- --only NAME,...] [--list] [--jobs N]`: plants each bug and fails when one is not found (docs/reliability.md). */
import { parseArgs } from 'node:util';
import { type Hunted, hunt } from './mutants/hunt.ts';
import { MUTANTS, mutantOf } from './mutants/registry.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '1' },
  },
});

const names = values.only.split(',').filter((name) => name !== '');
const chosen = names.length === 0 ? MUTANTS : names.map(mutantOf);

function tell({ name, by, seconds, sentence }: Hunted): void {
  const how = by === undefined ? 'LIVES' : `found by ${by}`;
  console.log(`${name.padEnd(28)} ${how} after ${seconds.toFixed(1)} s: ${sentence}`);
}

if (values.list) {
  for (const { name, bug, file } of MUTANTS) console.log(`${name.padEnd(28)} ${bug} (${file})`);
} else {
  const waiting = [...chosen];
  const hunted: Hunted[] = [];
  const one = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const result = await hunt(mutant);
      hunted.push(result);
      tell(result);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, one));
  const found = hunted.filter(({ by }) => by !== undefined).length;
  console.log(`found ${found} of ${chosen.length}`);
  process.exitCode = found === chosen.length ? 0 : 1;
}
