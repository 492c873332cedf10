/** `tagmill why`: why a task of a run waits. */
import type { RunRecord } from '@tagmill/shared/feed/views';
import type { WhyAnswer } from '@tagmill/shared/api/why';
import { TagmillError } from '@tagmill/shared/errors';
import { environmentSecret } from '../files.ts';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import type { ManagerApi } from '../remote/api.ts';
import { printJson } from '../say.ts';

const ABOUT = `
What keeps the task back now, in the order in which it has to go, with the tasks that it
waits for and why those have not ended; and what it waited for before. A task is named
as in the graph of its run: plan, tag-5, report. The key is TAGMILL_API_KEY.
`;

export const define: VerbModule['define'] = (command, run) => {
  command
    .argument('<TASK>', 'name of the task in its run, such as tag-5')
    .requiredOption('--manager <URL>', 'manager to ask, such as http://127.0.0.1:8080')
    .option('--run <RUN>', 'id of the run; the newest')
    .option('--json', 'the answer as JSON')
    .addHelpText('after', ABOUT + examples('why report --manager http://127.0.0.1:8080', 'why tag-5 --run RUN --manager URL --json'));
  run(async (_, [task]) => {
    const options = command.opts<{ readonly manager: string; readonly run?: string; readonly json?: boolean }>();
    const [{ ManagerApi: Api }, { whyText }] = await Promise.all([import('../remote/api.ts'), import('../show/why-text.ts')]);
    const api = new Api(options.manager, environmentSecret('TAGMILL_API_KEY'));
    const runId = options.run ?? (await newestRun(api));
    const { body } = await api.get(`/api/v1/runs/${encodeURIComponent(runId)}/instances/${encodeURIComponent(task!)}/why`);
    // The shape is that of the API's description, which the manager is held to.
    const answer = body as WhyAnswer;
    if (options.json === true) printJson(answer);
    else process.stdout.write(whyText(answer));
    return 0;
  });
};

async function newestRun(api: ManagerApi): Promise<string> {
  const { body } = await api.get('/api/v1/runs?limit=1');
  const [newest] = (body as { readonly runs: readonly Pick<RunRecord, 'id'>[] }).runs;
  if (newest === undefined) throw new TagmillError('NOT_FOUND', 'this manager has no run yet: start one, or name one by --run');
  return newest.id;
}
