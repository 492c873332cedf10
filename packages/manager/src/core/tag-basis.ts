/** What a pass goes by for tags whose state its own tags read: fixed when the pass is formed, whatever becomes of them later. */
import { wholeLeavesOf } from '@tagmill/shared/rules/reads';
import type { Run } from './run.ts';

/** Stored in `user_tags`: the run does not evaluate the tag. */
const STORED = 0;
/** The run evaluates the tag, and has no result. */
const UNKNOWN = -1;

/** Per tag, ascending: the number of the pass that has evaluated and merged it, or one of the two above. */
export function basisOf(run: Run, rows: readonly number[]): (readonly [number, number])[] {
  const read = new Set<number>();
  for (const row of rows) {
    const tag = run.passTags.get(run.task(row).tagId ?? 0);
    if (tag === undefined) continue;
    for (const leaf of wholeLeavesOf(tag.rule))
      if ('kind' in leaf && leaf.kind === 'tag' && leaf.operator !== 'had_tag_within') read.add(Number(leaf.tag));
  }
  return [...read].sort((a, b) => a - b).map((tagId) => [tagId, basis(run, tagId)] as const);
}

function basis(run: Run, tagId: number): number {
  const row = run.index.find(`tag-${tagId}`);
  if (row < 0) return STORED;
  const state = run.stateAt(row);
  const pass = run.pass(row);
  if (state === 'succeeded' && pass?.kind === 'tags' && pass.members.has(row)) return pass.number;
  return state === 'succeeded' || state === 'skipped' ? STORED : UNKNOWN;
}
