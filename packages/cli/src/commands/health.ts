/** `tagmill health`: whether manager, database and tables answer. */
import { toTagmillError } from '@tagmill/shared/errors';
import type { TablesLocation } from '@tagmill/shared/job';
import { examples } from '../flags/flag.ts';
import { addPlaceFlags } from '../flags/run.ts';
import { tablesOf } from '../flags/tables.ts';
import { openPlace } from '../open-place.ts';
import type { HealthAnswer } from '../place.ts';
import type { VerbModule } from '../program.ts';
import { printJson } from '../say.ts';

export const define: VerbModule['define'] = (command, run) => {
  addPlaceFlags(command).addHelpText(
    'after',
    examples('health --database sqlite:tags.sqlite --tables ./tables', 'health --manager http://127.0.0.1:8080 --json'),
  );
  run(async () => {
    const place = await openPlace(command, 0);
    try {
      const { answer, exit } = await withTables(await place.health(), place.own ? tablesOf(command) : undefined);
      if (command.opts<{ json: boolean }>().json) printJson(answer);
      else
        process.stdout.write(`${[answer.status, ...Object.entries(answer.checks).map(([name, text]) => `${name}: ${text}`)].join('\n')}\n`);
      return exit;
    } finally {
      await place.close();
    }
  });
};

interface Outcome {
  readonly answer: HealthAnswer;
  readonly exit: number;
}

/** A manager of our own has no executor to look at the tables, so we do. */
async function withTables(answer: HealthAnswer, tables: TablesLocation | undefined): Promise<Outcome> {
  const exit = answer.status === 'healthy' ? 0 : 1;
  if (tables === undefined) return { answer, exit };
  const { executors: _, ...checks } = answer.checks;
  try {
    const { newestDate } = await import('../data/newest-date.ts');
    return { answer: { ...answer, checks: { ...checks, tables: `ok, newest date ${await newestDate(tables)}` } }, exit };
  } catch (thrown) {
    const error = toTagmillError(thrown);
    return { answer: { ...answer, status: 'unhealthy', checks: { ...checks, tables: error.message } }, exit: error.exit };
  }
}
