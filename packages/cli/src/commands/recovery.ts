/** `tagmill recovery`: what a manager's newest start did, and why. */
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import { environmentSecret } from '../files.ts';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { printJson } from '../say.ts';

const ABOUT = `
The copies of the journal that the start found, the one that it went on with and why,
what became of the work that was under way, and how long each part took. While the
manager still looks for its journal, what it has found so far. The key is
TAGMILL_API_KEY.
`;

export const define: VerbModule['define'] = (command, run) => {
  command
    .requiredOption('--manager <URL>', 'manager to ask, such as http://127.0.0.1:8080')
    .option('--json', 'the report as JSON')
    .addHelpText('after', ABOUT + examples('recovery --manager http://127.0.0.1:8080', 'recovery --manager http://127.0.0.1:8080 --json'));
  run(async () => {
    const { manager, json } = command.opts<{ readonly manager: string; readonly json?: boolean }>();
    const [{ ManagerApi }, { recoveryText }] = await Promise.all([import('../remote/api.ts'), import('../show/recovery-text.ts')]);
    const { body } = await new ManagerApi(manager, environmentSecret('TAGMILL_API_KEY')).get('/api/v1/recovery');
    // The shape is that of the API's description, which the manager is held to.
    const report = body as RecoveryReport;
    if (json === true) printJson(report);
    else process.stdout.write(recoveryText(report));
    return 0;
  });
};
