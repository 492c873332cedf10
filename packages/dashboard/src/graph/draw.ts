/** Draws one frame of the graph. */
import { HEAD } from './camera.ts';
import { drawCard } from './draw-card.ts';
import { drawEdges } from './draw-edges.ts';
import { CARD_H, CARD_W, type Placed } from './grid.ts';
import { font, type Pen, roundRect, SMALLEST_LABEL_PX } from './pen.ts';
import type { Scene, View } from './scene.ts';

/** Cards lower than this on the screen are plain cells of their state's colour. */
const TINY_CARD_PX = 16;

export function drawGraph(pen: Pen, scene: Scene, view: View, pixelRatio: number): void {
  const { camera } = view;
  pen.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  pen.fillStyle = scene.tokens.chrome.bg;
  pen.fillRect(0, 0, view.width, view.height);
  pen.setTransform(pixelRatio * camera.scale, 0, 0, pixelRatio * camera.scale, pixelRatio * camera.x, pixelRatio * camera.y);
  drawLanes(pen, scene, camera.scale);
  drawEdges(pen, scene, view);
  const tiny = camera.scale * CARD_H < TINY_CARD_PX;
  const cells: Placed[] = [];
  for (const node of scene.layout.nodes) {
    const record = scene.records[node.id];
    if (record === undefined || !inView(node, view)) continue;
    if (tiny && !stands(scene, node.id)) cells.push(node);
    else drawCard(pen, scene, node, record, camera.scale);
  }
  if (cells.length > 0) drawCells(pen, scene, cells);
  pen.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  drawColumnNames(pen, scene, view);
}

/** Marked nodes are drawn as cards at any size. */
const stands = (scene: Scene, id: string): boolean =>
  scene.selected.has(id) || scene.hover === id || scene.asked.has(id) || scene.preview?.has(id) === true;

/** Cards too small to read: one fill a colour, so that thousands cost little. */
function drawCells(pen: Pen, scene: Scene, cells: readonly Placed[]): void {
  const { chrome, state: colours } = scene.tokens;
  const groups = new Map<string, Placed[]>();
  for (const node of cells) {
    const { state } = scene.records[node.id]!;
    const quiet = state === 'registered' || state === 'unregistered';
    const paint = state === 'succeeded' ? chrome.ok3 : quiet ? chrome.line2 : colours[state].fg;
    const dim = scene.preview !== null || (scene.shown !== null && !scene.shown.has(node.id));
    const key = `${dim ? 'dim' : 'lit'}${paint}`;
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [node]);
    else list.push(node);
  }
  for (const [key, list] of groups) {
    pen.globalAlpha = key.startsWith('dim') ? 0.25 : 0.85;
    pen.fillStyle = key.slice(3);
    pen.beginPath();
    for (const { x, y } of list) pen.rect(x, y, CARD_W, CARD_H);
    pen.fill();
  }
  pen.globalAlpha = 1;
}

function inView(node: Placed, { camera, width, height }: View): boolean {
  const x = node.x * camera.scale + camera.x;
  const y = node.y * camera.scale + camera.y;
  const pad = 16;
  return x < width + pad && y < height + pad && x + CARD_W * camera.scale > -pad && y + CARD_H * camera.scale > -pad;
}

function drawLanes(pen: Pen, scene: Scene, scale: number): void {
  const { chrome } = scene.tokens;
  for (const lane of scene.layout.lanes) {
    roundRect(pen, lane.x, lane.y, lane.width, lane.height, 8);
    pen.fillStyle = chrome.surface2;
    pen.fill();
    if (11 * scale < SMALLEST_LABEL_PX) continue;
    const { name, done } = scene.laneText(lane.lane);
    pen.textBaseline = 'alphabetic';
    pen.textAlign = 'left';
    pen.font = font(500, 11);
    pen.fillStyle = chrome.text2;
    pen.fillText(name, lane.x + 6, lane.y + 14);
    const nameWidth = pen.measureText(name).width;
    pen.font = font(400, 11);
    pen.fillStyle = chrome.text3;
    pen.fillText(done, lane.x + 14 + nameWidth, lane.y + 14);
  }
}

/** Names of the columns stay at the top of the view, above their cards. */
function drawColumnNames(pen: Pen, scene: Scene, { camera, width }: View): void {
  const { chrome } = scene.tokens;
  pen.fillStyle = chrome.bg;
  pen.fillRect(0, 0, width, HEAD - 4);
  pen.font = font(400, 11);
  pen.textBaseline = 'alphabetic';
  pen.textAlign = 'left';
  pen.fillStyle = chrome.text3;
  let free = -Infinity;
  for (const column of scene.layout.columns) {
    const x = Math.max(column.x * camera.scale + camera.x, 6);
    const text = scene.columnText(column.level, column.kind);
    if (x < free || x > width || column.right * camera.scale + camera.x < 0) continue;
    pen.fillText(text, x, 15);
    free = x + pen.measureText(text).width + 8;
  }
}

/** The node under a point of the screen, or null. */
export function nodeAt(scene: Scene, view: View, screenX: number, screenY: number): string | null {
  const x = (screenX - view.camera.x) / view.camera.scale;
  const y = (screenY - view.camera.y) / view.camera.scale;
  const pad = 2;
  const hit = scene.layout.nodes.find(
    (node) => x >= node.x - pad && x <= node.x + CARD_W + pad && y >= node.y - pad && y <= node.y + CARD_H + pad,
  );
  return hit?.id ?? null;
}
