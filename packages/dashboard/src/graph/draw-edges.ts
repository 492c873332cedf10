/** Edges: dashed until their upstream has ended well, in the accent on the selected path. */
import { TERMINAL_STATES } from '@tagmill/shared/words';
import type { RoutedEdge } from './edges.ts';
import { joinLines } from './join-lines.ts';
import { addLine, type Pen } from './pen.ts';
import type { Scene, View } from './scene.ts';

type Style = 'waiting' | 'done' | 'path' | 'preview';
const ORDER: readonly Style[] = ['waiting', 'done', 'path', 'preview'];
const RADIUS = 5;
/** With more edges of a style than this, lines that lie on each other are drawn once; rounded corners would not be seen. */
const MANY = 1_000;
/** From here on down thousands of edges would only cover the cells. */
const CROWDED_BELOW = 0.3;
const ARROW = 4;

interface Drawn {
  readonly lines: readonly (readonly number[])[];
  readonly edges: readonly RoutedEdge[];
  readonly radius: number;
}

export function drawEdges(pen: Pen, scene: Scene, view: View): void {
  const groups = groupsOf(scene);
  const crowded = view.camera.scale < CROWDED_BELOW && scene.layout.edges.length > MANY;
  for (const style of ORDER) {
    if (!crowded || style === 'path' || style === 'preview') drawGroup(pen, scene, style, groups[style], view);
  }
}

type Groups = Readonly<Record<Style, Drawn>>;
type Facts = Pick<Scene, 'layout' | 'records' | 'path' | 'preview'>;
let last: { readonly facts: Facts; readonly groups: Groups } | undefined;

/** The edges by style; made anew only when the run, the selection or the preview changed, not when the view moves. */
function groupsOf(scene: Scene): Groups {
  const { layout, records, path, preview } = scene;
  const same = last?.facts;
  if (last !== undefined && same?.layout === layout && same.records === records && same.path === path && same.preview === preview)
    return last.groups;
  const edges: Record<Style, RoutedEdge[]> = { waiting: [], done: [], path: [], preview: [] };
  for (const edge of layout.edges) edges[styleOf(edge, scene)].push(edge);
  const groups = {
    // Dashes of several edges on one trunk would fill each other's gaps, so these are always joined.
    waiting: { lines: joinLines(edges.waiting), edges: edges.waiting, radius: 0 },
    done: drawn(edges.done),
    path: drawn(edges.path),
    preview: drawn(edges.preview),
  };
  last = { facts: { layout, records, path, preview }, groups };
  return groups;
}

function drawn(edges: readonly RoutedEdge[]): Drawn {
  return edges.length > MANY
    ? { lines: joinLines(edges), edges, radius: 0 }
    : { lines: edges.map((edge) => edge.points), edges, radius: RADIUS };
}

function styleOf(edge: RoutedEdge, scene: Scene): Style {
  if (scene.preview !== null) {
    if (scene.preview.has(edge.from) && scene.preview.has(edge.to)) return 'preview';
  } else if (scene.path?.has(edge.from) && scene.path.has(edge.to)) return 'path';
  const state = scene.records[edge.from]?.state;
  return state !== undefined && state !== 'failed' && state !== 'stopped' && TERMINAL_STATES.includes(state) ? 'done' : 'waiting';
}

function touches(points: readonly number[], { camera, width, height }: View): boolean {
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (let at = 0; at < points.length; at += 2) {
    left = Math.min(left, points[at]!);
    right = Math.max(right, points[at]!);
    top = Math.min(top, points[at + 1]!);
    bottom = Math.max(bottom, points[at + 1]!);
  }
  const { x, y, scale } = camera;
  return left * scale + x < width && right * scale + x > 0 && top * scale + y < height && bottom * scale + y > 0;
}

function drawGroup(pen: Pen, scene: Scene, style: Style, group: Drawn, view: View): void {
  if (group.lines.length === 0) return;
  const { scale } = view.camera;
  const { chrome } = scene.tokens;
  const doneColour = scene.themeName === 'light' ? '#98A3B3' : '#5A6678';
  const paint = { path: chrome.accent, preview: chrome.text2, done: doneColour, waiting: chrome.line2 }[style];
  pen.strokeStyle = paint;
  pen.fillStyle = paint;
  pen.globalAlpha = scene.preview !== null && style !== 'preview' ? 0.35 : 1;
  pen.lineWidth = Math.max(style === 'path' || style === 'preview' ? 1.6 : 1.1, 0.6 / scale);
  pen.lineJoin = 'round';
  pen.setLineDash(style === 'waiting' ? [3, 3] : []);
  pen.beginPath();
  for (const line of group.lines) if (touches(line, view)) addLine(pen, line, group.radius);
  pen.stroke();
  pen.setLineDash([]);
  pen.beginPath();
  for (const { points } of group.edges) addArrow(pen, points, view);
  pen.fill();
  pen.globalAlpha = 1;
}

function addArrow(pen: Pen, points: readonly number[], { camera, width, height }: View): void {
  const x = points.at(-2)!;
  const y = points.at(-1)!;
  const screenX = x * camera.scale + camera.x;
  const screenY = y * camera.scale + camera.y;
  if (screenX < 0 || screenX > width + ARROW || screenY < 0 || screenY > height) return;
  pen.moveTo(x, y);
  pen.lineTo(x - ARROW - 1, y - ARROW + 0.5);
  pen.lineTo(x - ARROW - 1, y + ARROW - 0.5);
}
