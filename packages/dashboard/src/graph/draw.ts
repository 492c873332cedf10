/** Draws one frame of the graph. */
import { HEAD } from './camera.ts';
import { drawCard } from './draw-card.ts';
import { drawEdges } from './draw-edges.ts';
import { CARD_H, CARD_W, type Placed } from './grid.ts';
import { font, type Pen, roundRect } from './pen.ts';
import type { Scene, View } from './scene.ts';

/** Labels smaller than this on the screen are not drawn. */
export const SMALLEST_LABEL_PX = 9;

export function drawGraph(pen: Pen, scene: Scene, view: View, pixelRatio: number): void {
  const { camera } = view;
  pen.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  pen.fillStyle = scene.tokens.chrome.bg;
  pen.fillRect(0, 0, view.width, view.height);
  pen.setTransform(pixelRatio * camera.scale, 0, 0, pixelRatio * camera.scale, pixelRatio * camera.x, pixelRatio * camera.y);
  drawLanes(pen, scene, camera.scale);
  drawEdges(pen, scene, view);
  for (const node of scene.layout.nodes) {
    const record = scene.records[node.id];
    if (record !== undefined && inView(node, view)) drawCard(pen, scene, node, record, camera.scale);
  }
  pen.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  drawColumnNames(pen, scene, view);
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
