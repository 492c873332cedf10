/** Edges between tags of a run: who reads another's state begins when that one has ended, or is held. */
import { readsOfRules } from '@tagmill/shared/rules/wide/rule-reads';
import type { RunSpec } from '../core/run-spec.ts';

type Edges = RunSpec['edges'];

/**
 * Where the tags of a run read each other's state. An edge that would close a
 * cycle is left out: the check refuses the rules of the cycle.
 */
export function tagEdges(rules: readonly { readonly tagId: number; readonly ruleJson: string }[]): Edges {
  const inRun = new Set(rules.map((rule) => String(rule.tagId)));
  const before = new Map<string, Set<string>>();
  const edges: { from: string; to: string; kind: 'end' }[] = [];
  for (const { tagId, ruleJson } of rules) {
    const to = String(tagId);
    for (const from of readsOfRules([ruleJson]).tags) {
      if (!inRun.has(from) || isBefore(to, from, before)) continue;
      before.set(to, (before.get(to) ?? new Set()).add(from));
      edges.push({ from: `tag-${from}`, to: `tag-${to}`, kind: 'end' });
    }
  }
  return edges;
}

/** Whether `tag` is `other` or comes somewhere before it. */
function isBefore(tag: string, other: string, before: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const seen = new Set([other]);
  for (const one of seen) {
    if (one === tag) return true;
    for (const next of before.get(one) ?? []) seen.add(next);
  }
  return false;
}
