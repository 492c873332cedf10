/** `tagmill rules conformance`: what this version makes of rules, case by case. */
import type { RowEngine } from '@tagmill/shared/conformance/answer';
import { Option } from 'commander';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';

const ABOUT = `
One JSON object a line: {"id", "kind": "row"|"rows"|"users"|"check"|"bucket", "catalog":
{"fields", "lists", "tables", "tags"}, "asOf", "zone", "row"|"rows"|"users" ..., "rule"}.
One answer a line, in order: {"id", "result": "T"}, "FTFU" for rows, {user: "T"} for
users, "ok" for a rule that the check accepts, a number for bucket, or {"id", "error":
{"code", "path"}}. A line that is no case is answered with the error CASE_INVALID.

reference evaluates plainly, in order to be right; sql compiles the conditions on a
user's row for DuckDB; index answers them as a run does, by cut points, look-ups and
bit planes. Both answer
aggregates, changes, places, tags and their history by SQL of their own.
`;

type Engine = RowEngine & { close?(): void };

export const define: VerbModule['define'] = (command, run) => {
  command
    .addOption(new Option('--engine <ENGINE>', 'what evaluates the rules').choices(['reference', 'sql', 'index']).makeOptionMandatory())
    .addHelpText('after', ABOUT + examples('rules conformance --engine sql < cases.jsonl > results.jsonl'));
  run(async () => {
    const { engine: name } = command.opts<{ engine: 'reference' | 'sql' | 'index' }>();
    const { answerLine, referenceEngine } = await import('@tagmill/shared/conformance/answer');
    const engine: Engine = name === 'reference' ? referenceEngine : await openDuck(name);
    try {
      for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
        if (line.trim() === '') continue;
        const answer = JSON.stringify(await answerLine(line, engine));
        if (!process.stdout.write(`${answer}\n`)) await once(process.stdout, 'drain');
      }
      return 0;
    } finally {
      engine.close?.();
    }
  });
};

async function openDuck(name: 'sql' | 'index'): Promise<Engine> {
  const { openIndexEngine, openSqlEngine } = await import('@tagmill/executor/engine/sql-engine');
  return name === 'sql' ? await openSqlEngine() : await openIndexEngine();
}
