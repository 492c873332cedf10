/** What an operator is that reads more than the user's row; `registry.ts` lists them all. */
import type { CheckContext, NodeFaults } from '../check-context.ts';
import type { JsonObject } from '../json.ts';
import type { WideLeaf } from '../normal.ts';
import type { World } from './world.ts';

export const WIDE_GROUPS = ['aggregate', 'change', 'tag', 'population'] as const;
export type WideGroup = (typeof WIDE_GROUPS)[number];

export interface WideOperator {
  readonly name: string;
  readonly group: WideGroup;
  /** Types of `field` by their letters in the reference, or a word. */
  readonly types: string;
  /** For people: what `value` is. */
  readonly takes: string;
  readonly meaning: string;
  readonly label: { readonly en: string; readonly zh: string };
  readonly example: Readonly<Record<string, unknown>>;
  /** Reads a condition and tells its faults; null where a part of it is not known. */
  check(node: JsonObject, faults: NodeFaults, context: CheckContext): WideLeaf | null;
  /** Reference: TRUE or FALSE for a user; null where there is no answer, which `missing` then decides. */
  evaluate(leaf: WideLeaf, user: string, world: World): boolean | null;
}

/** An operator of one kind of leaf, as one of the registry: it only ever meets leaves that it read. */
export function wideOperator<Kind extends WideLeaf['kind']>(
  kind: Kind,
  own: Omit<WideOperator, 'group' | 'check' | 'evaluate'> & {
    check(node: JsonObject, faults: NodeFaults, context: CheckContext): (WideLeaf & { kind: Kind }) | null;
    evaluate(leaf: WideLeaf & { kind: Kind }, user: string, world: World): boolean | null;
  },
): WideOperator {
  return {
    ...own,
    group: kind,
    evaluate(leaf, user, world) {
      if (leaf.kind !== kind) throw new Error(`${own.name} met a leaf of ${leaf.kind}; only checked rules can be evaluated`);
      return own.evaluate(leaf as WideLeaf & { kind: Kind }, user, world);
    },
  };
}
