/**
 * Routes edges at right angles through the gaps between cards. All edges of a
 * source leave by one trunk, all edges of a report arrive by one; so many edges
 * read as few lines.
 */
import { CARD_H, CARD_W, type Column, type Placed, ROW_GAP } from './grid.ts';

export interface RoutedEdge {
  readonly from: string;
  readonly to: string;
  /** x, y, x, y ... from the right side of `from` to the left side of `to`. */
  readonly points: readonly number[];
}

type Edge = { readonly from: string; readonly to: string };

const STUB = 10;
const SLOTS = 4;
const SLOT_STEP = 4;

/** Edges that go without saying (the plan to what has another upstream, to the report from what has another downstream) are left out. */
export function routeEdges(nodes: readonly Placed[], columns: readonly Column[], edges: readonly Edge[]): RoutedEdge[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const right = new Map(columns.map((column) => [column.level, column.right]));
  const hasParent = new Set<string>();
  const hasChild = new Set<string>();
  for (const edge of edges) {
    if (byId.get(edge.from)?.kind === 'task') hasParent.add(edge.to);
    if (byId.get(edge.to)?.kind === 'task') hasChild.add(edge.from);
  }
  const slots = new Map<number, number>();
  const slotOf = new Map<string, number>();
  const out: RoutedEdge[] = [];
  for (const { from, to } of edges) {
    const a = byId.get(from);
    const b = byId.get(to);
    if (a === undefined || b === undefined || a.level >= b.level) continue;
    if (a.kind === 'plan' && hasParent.has(to)) continue;
    if (b.kind === 'report' && hasChild.has(from)) continue;
    if (!slotOf.has(from)) {
      const used = slots.get(a.level) ?? 0;
      slots.set(a.level, used + 1);
      slotOf.set(from, used % SLOTS);
    }
    out.push({ from, to, points: route(a, b, right.get(a.level)! + STUB + slotOf.get(from)! * SLOT_STEP) });
  }
  return out;
}

function route(a: Placed, b: Placed, sourceTrunkX: number): number[] {
  const startX = a.x + CARD_W;
  const startY = a.y + CARD_H / 2;
  const endY = b.y + CARD_H / 2;
  const points = [startX, startY];
  const next = b.level === a.level + 1;
  const late = b.kind === 'report';
  const trunkX = late ? b.x - STUB - 4 : sourceTrunkX;
  let y = startY;
  if (a.inner || (late && !next)) {
    y = a.y + CARD_H + ROW_GAP / 2;
    points.push(startX + STUB, startY, startX + STUB, y);
  }
  if (late || (next && !b.behind)) {
    points.push(trunkX, y, trunkX, endY, b.x, endY);
    return straightened(points);
  }
  const gapY = b.y - ROW_GAP / 2;
  points.push(trunkX, y, trunkX, gapY, b.x - STUB, gapY, b.x - STUB, endY, b.x, endY);
  return straightened(points);
}

/** Leaves out points that lie on the line between their neighbours. */
function straightened(points: readonly number[]): number[] {
  const out = points.slice(0, 2);
  for (let at = 2; at < points.length; at += 2) {
    const x = points[at]!;
    const y = points[at + 1]!;
    const beforeX = out.at(-2)!;
    const beforeY = out.at(-1)!;
    if (x === beforeX && y === beforeY) continue;
    const olderX = out.at(-4);
    const olderY = out.at(-3);
    if (out.length >= 4 && ((olderX === beforeX && beforeX === x) || (olderY === beforeY && beforeY === y))) out.splice(-2, 2);
    out.push(x, y);
  }
  return out;
}
