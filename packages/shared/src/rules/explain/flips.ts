/** The smallest change of one value that turns a rule from given to not given, or back; each is tried before it is told. */
import type { CatalogField, RunClock } from '../../fields.ts';
import { type Decimal, formatDecimal } from '../decimals.ts';
import { KEY_FIELD } from '../key-leaves.ts';
import type { NormalLeaf, WholeRule, WideLeaf } from '../normal.ts';
import type { Truth } from '../reference.ts';
import type { Value } from '../values.ts';
import { candidatesOf } from './candidates.ts';
import { type AnyLeaf, byReference, isWide, leafNodes, type TruthNode, truthTree, type ValueOf } from './tree.ts';

export interface Flip {
  readonly field: CatalogField;
  readonly from: Value | null;
  /** Null: the value would have to be missing. */
  readonly to: Value | null;
  /** What the rule gives then. */
  readonly truth: Truth;
  /** Paths of the leaves that give another letter then. */
  readonly leaves: readonly string[];
}

export interface FlipSearch {
  readonly flip: Flip | null;
  /** Not all values were tried: the rule is too large for it. */
  readonly cut: boolean;
}

/** Leaves that are evaluated in one search, at most: about a second. */
const MOST_WORK = 2_000_000;
/** So many between two pauses: a few milliseconds. */
const WORK_A_TURN = 10_000;

const sameField = (a: CatalogField, b: CatalogField): boolean => a.table === b.table && a.name === b.name;
export const fieldKey = (field: CatalogField): string => JSON.stringify([field.table, field.name]);

/**
 * Looks for the nearest other value of one field with which the rule is no
 * longer T, or becomes T. The user's key cannot change and is not tried.
 */
export function smallestFlip(...asked: Parameters<typeof searchFlip>): FlipSearch {
  const search = searchFlip(...asked);
  for (;;) {
    const step = search.next();
    if (step.done === true) return step.value;
  }
}

/** The same with pauses, at which others may have their turn. */
export function* searchFlip(
  rule: WholeRule,
  tree: TruthNode,
  valueIn: ValueOf,
  clock: RunClock,
  wide: (leaf: WideLeaf, path: string) => Truth = () => 'U',
): Generator<void, FlipSearch> {
  const nodes = leafNodes(tree);
  const leaves = nodes.flatMap(({ node }) => ('logic' in node || isWide(node) ? [] : [node]));
  let work = 0;
  let pauseAt = WORK_A_TURN;
  let best: { readonly flip: Flip; readonly distance: number } | undefined;
  for (const [field, own] of leavesByField(leaves)) {
    const from = valueIn(field);
    for (const to of valuesToTry(own, field, valueIn, clock)) {
      const distance = distanceOf(field, from, to);
      if (best !== undefined && distance >= best.distance) continue;
      work += nodes.length;
      if (work > MOST_WORK) return { flip: best?.flip ?? null, cut: true };
      if (work > pauseAt) {
        yield;
        pauseAt = work + WORK_A_TURN;
      }
      const changed: ValueOf = (one) => (sameField(one, field) ? to : valueIn(one));
      const after = truthTree(rule, byReference(changed, clock, wide));
      if ((after.truth === 'T') === (tree.truth === 'T')) continue;
      const turned = leafNodes(after).filter((leaf, index) => leaf.truth !== nodes[index]?.truth);
      best = { flip: { field, from, to, truth: after.truth, leaves: turned.map((leaf) => leaf.path) }, distance };
    }
  }
  return { flip: best?.flip ?? null, cut: false };
}

/** Leaves by each field that they read and that a user can change. */
function leavesByField(leaves: readonly AnyLeaf[]): readonly (readonly [CatalogField, readonly NormalLeaf[]])[] {
  const found = new Map<string, { readonly field: CatalogField; readonly own: NormalLeaf[] }>();
  for (const leaf of leaves) {
    if (isWide(leaf) || leaf.salt !== undefined) continue;
    for (const field of leaf.other === undefined ? [leaf.field] : [leaf.field, leaf.other]) {
      if (field.name === KEY_FIELD) continue;
      const one = found.get(fieldKey(field)) ?? { field, own: [] };
      one.own.push(leaf);
      found.set(fieldKey(field), one);
    }
  }
  return [...found.values()].map(({ field, own }) => [field, own] as const);
}

/** Each value once, the nearest first. */
function valuesToTry(leaves: readonly NormalLeaf[], field: CatalogField, valueIn: ValueOf, clock: RunClock): readonly (Value | null)[] {
  const from = valueIn(field);
  const found = new Map<string, Value | null>([['missing', null]]);
  for (const leaf of leaves) for (const value of candidatesOf(leaf, field, valueIn, clock)) found.set(keyOf(value), value);
  found.delete(from === null ? 'missing' : keyOf(from));
  return [...found.values()].sort((a, b) => distanceOf(field, from, a) - distanceOf(field, from, b));
}

const isDecimal = (value: Value): value is Decimal => typeof value === 'object' && 'unscaled' in value;

function keyOf(value: Value): string {
  if (isDecimal(value))
    return Number.isInteger(value.scale)
      ? formatDecimal(value)
          .replace(/(\.\d*?)0+$/, '$1')
          .replace(/\.$/, '')
      : '';
  return typeof value === 'object' ? JSON.stringify(value.map(keyOf)) : `${typeof value} ${String(value)}`;
}

/** From there to missing, and from missing to there, is farther than from one value to another. */
const [TO_MISSING, FROM_MISSING] = [6, 4];

/** How far a change goes: within a field by the size of the step, between fields by the step against the values. */
function distanceOf(field: CatalogField, from: Value | null, to: Value | null): number {
  if (to === null) return from === null ? 0 : TO_MISSING;
  const size = sizeOf(field, to);
  if (from === null) return FROM_MISSING + size / (1 + size);
  if (typeof from === 'string' && typeof to === 'string') return 1 + edits(from, to) / (1 + Math.max(from.length, to.length));
  if (typeof from === 'boolean') return 1;
  if (!isDecimal(from) && typeof from === 'object') {
    const moved = elementsMoved(from, to as readonly Value[]);
    return 1 + moved / (1 + moved);
  }
  const [a, b] = [numberOf(field, from), numberOf(field, to)];
  const step = Math.abs(a - b);
  if (field.type.kind === 'date' || field.type.kind === 'timestamp') return step / (step + 30);
  return step / Math.max(Math.abs(a), Math.abs(b), Number.MIN_VALUE);
}

function sizeOf(field: CatalogField, value: Value): number {
  if (typeof value === 'string') return value.length;
  if (typeof value === 'boolean') return 1;
  if (!isDecimal(value) && typeof value === 'object') return value.length;
  return Math.abs(numberOf(field, value));
}

/** Days for dates and instants. */
function numberOf(field: CatalogField, value: Value): number {
  if (isDecimal(value)) return Number(formatDecimal(value));
  const number = Number(value);
  return field.type.kind === 'timestamp' ? number / 86_400_000_000 : number;
}

/** Elements that come or go. */
function elementsMoved(from: readonly Value[], to: readonly Value[]): number {
  const left = new Map<string, number>();
  for (const item of from) left.set(keyOf(item), (left.get(keyOf(item)) ?? 0) + 1);
  let added = 0;
  for (const item of to) {
    const known = left.get(keyOf(item)) ?? 0;
    if (known === 0) added += 1;
    else left.set(keyOf(item), known - 1);
  }
  return [...left.values()].reduce((sum, count) => sum + count, added);
}

/** Characters that are not shared at the beginning. */
function edits(a: string, b: string): number {
  let shared = 0;
  while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared += 1;
  return a.length + b.length - 2 * shared;
}
