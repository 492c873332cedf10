/** Edges: dashed until their upstream has ended well, in the accent on the selected path. */
import { TERMINAL_STATES } from '@tagmill/shared/words';
import type { RoutedEdge } from './edges.ts';
import { addLine, type Pen } from './pen.ts';
import type { Scene, View } from './scene.ts';

type Style = 'waiting' | 'done' | 'path' | 'preview';
const ORDER: readonly Style[] = ['waiting', 'done', 'path', 'preview'];
const RADIUS = 5;
/** With more edges in view than this the dashes are too small to matter. */
const MOST_JOINED = 2_000;
/** From here on down thousands of edges would only cover the cells. */
const CROWDED_BELOW = 0.3;
const ARROW = 4;

export function drawEdges(pen: Pen, scene: Scene, view: View): void {
  const groups: Record<Style, RoutedEdge[]> = { waiting: [], done: [], path: [], preview: [] };
  const crowded = view.camera.scale < CROWDED_BELOW && scene.layout.edges.length > MOST_JOINED;
  for (const edge of scene.layout.edges) {
    const style = styleOf(edge, scene);
    if (crowded && style !== 'path' && style !== 'preview') continue;
    if (touches(edge, view)) groups[style].push(edge);
  }
  for (const style of ORDER) drawGroup(pen, scene, style, groups[style], view.camera.scale);
}

function touches(edge: RoutedEdge, { camera, width, height }: View): boolean {
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (let at = 0; at < edge.points.length; at += 2) {
    left = Math.min(left, edge.points[at]!);
    right = Math.max(right, edge.points[at]!);
    top = Math.min(top, edge.points[at + 1]!);
    bottom = Math.max(bottom, edge.points[at + 1]!);
  }
  const { x, y, scale } = camera;
  return left * scale + x < width && right * scale + x > 0 && top * scale + y < height && bottom * scale + y > 0;
}

function styleOf(edge: RoutedEdge, scene: Scene): Style {
  if (scene.preview !== null) {
    if (scene.preview.has(edge.from) && scene.preview.has(edge.to)) return 'preview';
  } else if (scene.path?.has(edge.from) && scene.path.has(edge.to)) return 'path';
  const state = scene.records[edge.from]?.state;
  return state !== undefined && state !== 'failed' && state !== 'stopped' && TERMINAL_STATES.includes(state) ? 'done' : 'waiting';
}

function drawGroup(pen: Pen, scene: Scene, style: Style, edges: readonly RoutedEdge[], scale: number): void {
  if (edges.length === 0) return;
  const { chrome } = scene.tokens;
  const paint = style === 'path' ? chrome.accent : style === 'preview' ? chrome.text2 : style === 'done' ? mix(scene) : chrome.line2;
  pen.strokeStyle = paint;
  pen.fillStyle = paint;
  pen.globalAlpha = scene.preview !== null && style !== 'preview' ? 0.35 : 1;
  pen.lineWidth = Math.max(style === 'path' || style === 'preview' ? 1.6 : 1.1, 0.6 / scale);
  pen.lineJoin = 'round';
  pen.setLineDash(style === 'waiting' ? [3, 3] : []);
  pen.beginPath();
  if (style === 'waiting' && edges.length <= MOST_JOINED) for (const line of joined(edges)) addLine(pen, line, 0);
  else for (const edge of edges) addLine(pen, edge.points, RADIUS);
  pen.stroke();
  pen.setLineDash([]);
  if (scale > 0.3) {
    pen.beginPath();
    for (const edge of edges) addArrow(pen, edge.points);
    pen.fill();
  }
  pen.globalAlpha = 1;
}

/**
 * Lines that lie on each other as one, each drawn from its start: dashes of
 * several edges on one trunk would fill each other's gaps.
 */
function joined(edges: readonly RoutedEdge[]): number[][] {
  const spans = new Map<string, [number, number][]>();
  for (const { points } of edges) {
    for (let at = 2; at < points.length; at += 2) {
      const [x1, y1, x2, y2] = [points[at - 2]!, points[at - 1]!, points[at]!, points[at + 1]!];
      const key = x1 === x2 ? `x${x1}` : `y${y1}`;
      const span: [number, number] = x1 === x2 ? [Math.min(y1, y2), Math.max(y1, y2)] : [Math.min(x1, x2), Math.max(x1, x2)];
      const list = spans.get(key);
      if (list === undefined) spans.set(key, [span]);
      else list.push(span);
    }
  }
  return [...spans].flatMap(([key, list]) =>
    union(list).map(([from, to]) =>
      key.startsWith('x') ? [+key.slice(1), from, +key.slice(1), to] : [from, +key.slice(1), to, +key.slice(1)],
    ),
  );
}

function union(spans: readonly [number, number][]): [number, number][] {
  const out: [number, number][] = [];
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}

const mix = (scene: Scene): string => (scene.themeName === 'light' ? '#98A3B3' : '#5A6678');

function addArrow(pen: Pen, points: readonly number[]): void {
  const x = points.at(-2)!;
  const y = points.at(-1)!;
  pen.moveTo(x, y);
  pen.lineTo(x - ARROW - 1, y - ARROW + 0.5);
  pen.lineTo(x - ARROW - 1, y + ARROW - 0.5);
}
