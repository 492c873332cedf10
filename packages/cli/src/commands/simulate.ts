/** `tagmill simulate`: what happens to a graph of your own when executors are lost. */
import { asDurationMs, wholeNumber } from '@tagmill/shared/setting-readers';
import { TagmillError } from '@tagmill/shared/errors';
import { examples, valueFlag } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { plural, printJson } from '../say.ts';
import { textTable } from '../show/width.ts';
import type { LossOutcome } from '../simulate/report.ts';

interface SimulateFlags {
  readonly workflow: string;
  readonly seeds: number;
  readonly losses: readonly number[] | undefined;
  readonly backAfter: number | undefined;
  readonly json: boolean;
}

const FORM = `
FILE is YAML or JSON:

  executors: 4            # or the slots of each: [2, 2, 8]
  slots: 2                # of each executor; 1 when absent
  tasks:
    - name: extract
      shards: 20          # 1 when absent
      duration: [20s, 2m] # of one shard, from and to; or one time: 30s
    - name: load
      shards: 5
      duration: 1m
      after: extract      # or a list; \`edges: [[extract, load]]\` says the same
`;

export const define: VerbModule['define'] = (command, run) => {
  command
    .requiredOption('--workflow <FILE>', 'the graph: tasks with shards, duration and what they come after')
    .addOption(valueFlag('--seeds <N>', 'simulations for each number of losses', wholeNumber(1, 10_000)).default(100))
    .addOption(valueFlag('--losses <LIST>', 'how many executors are lost, such as 0,1,2 (default 0 to 2)', asList))
    .addOption(valueFlag('--back-after <TIME>', 'a lost executor comes back after this (default: never)', asDurationMs))
    .option('--json', 'one JSON document on stdout', false)
    .addHelpText(
      'after',
      `${FORM}${examples('simulate --workflow nightly.yaml --seeds 200', 'simulate --workflow nightly.yaml --losses 0,3 --back-after 10m --json')}`,
    );
  run(async () => {
    const flags = command.opts<SimulateFlags>();
    const { readWorkflow } = await import('../simulate/workflow-file.ts');
    const workflow = await readWorkflow(flags.workflow);
    const executors = workflow.slots.length;
    const losses = flags.losses ?? [0, 1, 2].filter((lost) => lost <= executors);
    const most = Math.max(...losses);
    if (most > executors) throw new TagmillError('USAGE', `--losses ${most}: there are ${plural(executors, 'executor')} to lose`);
    const { outcomes } = await import('../simulate/report.ts');
    const found = outcomes(workflow, losses, flags.seeds, flags.backAfter);
    if (flags.json) printJson({ executors, tasks: workflow.tasks.length, losses: found });
    else process.stdout.write(text(found));
    return 0;
  });
};

function asList(written: string): readonly number[] {
  return written.split(',').map(wholeNumber(0, 256));
}

function text(found: readonly LossOutcome[]): string {
  const rows = found.map((one) => [
    String(one.lost),
    `${one.succeeded} of ${one.seeds}`,
    one.medianMs === null ? '-' : timeText(one.medianMs),
    one.worstMs === null ? '-' : timeText(one.worstMs),
    String(one.redoneMedian),
    String(one.redoneWorst),
  ]);
  const heads = ['lost', 'all ended well', 'median', 'worst', 'redone (median)', 'redone (worst)'];
  const failures = found.flatMap(({ lost, failures: why }) => why.map(({ sentence, seeds }) => `  ${lost} lost, ${seeds}x: ${sentence}`));
  return [
    textTable(heads, rows, new Set([0, 2, 3, 4, 5])),
    ...(failures.length === 0 ? [] : ['', 'What did not end well:', ...failures]),
    '',
  ].join('\n');
}

/** `1 h 02 m`, `3 m 05 s`, `4.2 s`. */
function timeText(ms: number): string {
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3_600)} h ${two(Math.floor((seconds % 3_600) / 60))} m`;
}
