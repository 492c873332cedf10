/** Runs of two tags, the first with a policy, and what the shards of their passes counted. */
import type { TagPolicy } from '@tagmill/shared/tag-policy';
import type { Run } from '../../src/core/run.ts';
import type { RunSpec } from '../../src/core/run-spec.ts';
import { Bench, runOf } from './bench-of.ts';

export const spec = (id: string, policy: TagPolicy, over: Partial<RunSpec> = {}, ruleJson = '{"a":1}'): RunSpec => ({
  ...runOf(id, 2, 1),
  rules: [1, 2].map((tagId) => ({
    tagId,
    name: `tag ${tagId}`,
    ruleJson,
    ...(tagId === 1 ? { policy } : {}),
    requiredFields: [],
    readsTables: [],
    onlyUsers: [],
    onlyMatches: [],
  })),
  ...over,
});

/** Two tags, evaluated: tag 1 with these counts. */
export function evaluated(bench: Bench, made: RunSpec, counts: { readonly matched: number; readonly unknown?: number }): Run {
  bench.input({ type: 'run-created', spec: made });
  const run = bench.state.runs.get(made.id)!;
  bench.plan(run);
  evaluateAgain(bench, run, counts);
  return run;
}

export function evaluateAgain(
  bench: Bench,
  run: Run,
  { matched, unknown = 0 }: { readonly matched: number; readonly unknown?: number },
): void {
  const tags = [{ tagId: 1, evaluated: 1_000, matched, unknown }];
  for (const one of bench.open(run, 'evaluate'))
    bench.finish(one, 0, { pieceHash: 'h', users: 1_000, tags, bytesRead: 5, castErrors: 0, durationMs: 1 });
}

export const joined = (): Bench => {
  const bench = new Bench();
  bench.join('e1', 4);
  return bench;
};
