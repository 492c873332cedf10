/** Joins what lies on each other: many edges share trunks, and each piece of line needs to be drawn once. Pure. */
import type { RoutedEdge } from './edges.ts';

type Span = [from: number, to: number];

/** The straight pieces of all edges without overlaps, each as x, y, x, y from its smaller end. */
export function joinLines(edges: readonly RoutedEdge[]): number[][] {
  const upright = new Map<number, Span[]>();
  const level = new Map<number, Span[]>();
  for (const { points } of edges) {
    for (let at = 2; at < points.length; at += 2) {
      const [x1, y1, x2, y2] = [points[at - 2]!, points[at - 1]!, points[at]!, points[at + 1]!];
      if (x1 === x2) add(upright, x1, y1, y2);
      else add(level, y1, x1, x2);
    }
  }
  const out: number[][] = [];
  for (const [x, spans] of upright) for (const [from, to] of union(spans)) out.push([x, from, x, to]);
  for (const [y, spans] of level) for (const [from, to] of union(spans)) out.push([from, y, to, y]);
  return out;
}

function add(lines: Map<number, Span[]>, key: number, a: number, b: number): void {
  const span: Span = [Math.min(a, b), Math.max(a, b)];
  const list = lines.get(key);
  if (list === undefined) lines.set(key, [span]);
  else list.push(span);
}

function union(spans: readonly Span[]): Span[] {
  const out: Span[] = [];
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}
