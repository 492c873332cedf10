/** A checked rule with what each of its nodes gives for one user. */
import type { CatalogField, RunClock } from '../../fields.ts';
import type { NormalLeaf, WholeRule, WideLeaf } from '../normal.ts';
import { groupTruth, leafTruth, type Truth } from '../reference.ts';
import type { Value } from '../values.ts';

export type AnyLeaf = NormalLeaf | WideLeaf;
/** The value of a field; null where it is missing. */
export type ValueOf = (field: CatalogField) => Value | null;

export interface TruthNode {
  /** JSON Pointer of the node in the rule. */
  readonly path: string;
  readonly truth: Truth;
  readonly node: WholeRule;
  /** Empty for a leaf. */
  readonly children: readonly TruthNode[];
}

export const isWide = (leaf: AnyLeaf): leaf is WideLeaf => 'kind' in leaf;

/** The tree of a rule, each leaf as `truthOf` says. */
export function truthTree(rule: WholeRule, truthOf: (leaf: AnyLeaf, path: string) => Truth, path = ''): TruthNode {
  if (!('logic' in rule)) return { path, truth: truthOf(rule, path), node: rule, children: [] };
  const children = rule.conditions.map((child, index) => truthTree(child, truthOf, `${path}/conditions/${index}`));
  const truths = children.map((child) => child.truth);
  return { path, truth: groupTruth(rule, truths), node: rule, children };
}

/** Leaves by the reference; what reads more than the user's row, as `wide` says. */
export const byReference =
  (valueIn: ValueOf, clock: RunClock, wide: (leaf: WideLeaf, path: string) => Truth = () => 'U') =>
  (leaf: AnyLeaf, path: string): Truth =>
    isWide(leaf) ? wide(leaf, path) : leafTruth(leaf, valueIn, clock);

/** Paths of the leaves that decide: the outcome would be another if they gave another letter. */
export function decidingLeaves(tree: TruthNode): readonly string[] {
  const found: string[] = [];
  look(tree, (truth) => truth !== tree.truth, found);
  return found;
}

/** `changes` says whether the outcome would be another if this node gave that letter. */
function look(at: TruthNode, changes: (truth: Truth) => boolean, found: string[]): void {
  if (!('logic' in at.node)) {
    if ((['T', 'F'] as const).some((truth) => truth !== at.truth && changes(truth))) found.push(at.path);
    return;
  }
  // What a group gives with one child changed depends on the letters of the two alone.
  const known = new Map<string, boolean>();
  const group = at.node;
  const truths = at.children.map((child) => child.truth);
  at.children.forEach((child, index) => {
    const changed = (truth: Truth): boolean => {
      const key = child.truth + truth;
      let answer = known.get(key);
      if (answer === undefined) {
        answer = changes(groupTruth(group, truths.with(index, truth)));
        known.set(key, answer);
      }
      return answer;
    };
    look(child, changed, found);
  });
}

/** All leaves, in document order. */
export function leafNodes(tree: TruthNode): readonly TruthNode[] {
  return tree.children.length === 0 ? [tree] : tree.children.flatMap(leafNodes);
}
