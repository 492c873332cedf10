/** A card of the graph: glyph, name, progress or reason, time; soft fill is progress, its red end failed shards. */
import type { InstanceRecord } from '@tagmill/shared/feed/views';
import type { InstanceState } from '@tagmill/shared/words';
import { CARD_H, CARD_W, type Placed } from './grid.ts';
import { cutText, drawGlyph, font, type Pen, roundRect, SMALLEST_LABEL_PX } from './pen.ts';
import type { Scene } from './scene.ts';

const RADIUS = 6;
const TEXT_X = 25;
const PAD = 7;
const NAME_PX = 12;
const META_PX = 11;

/** States whose card is filled whole; the others stay on the surface, so that what is well stays quiet. */
const FULL: ReadonlySet<InstanceState> = new Set(['confirming', 'failed', 'skipped', 'stopped', 'stopping']);
const PARTLY: ReadonlySet<InstanceState> = new Set(['running', 'stopping']);
const BORDERED: ReadonlySet<InstanceState> = new Set(['running', 'confirming', 'failed', 'skipped', 'stopping', 'stopped']);

export function drawCard(pen: Pen, scene: Scene, node: Placed, record: InstanceRecord, scale: number): void {
  const { state } = record;
  const { chrome, state: colours } = scene.tokens;
  const { x, y } = node;
  const mark = scene.preview?.get(node.id);
  const dimmed = (scene.shown !== null && !scene.shown.has(node.id)) || (scene.preview !== null && mark === undefined);
  pen.globalAlpha = dimmed ? 0.32 : 1;
  const chosen = scene.selected.has(node.id);
  if (chosen) drawHalo(pen, x, y, chrome.accentSoft);
  drawBody(pen, scene, record, x, y);
  pen.setLineDash(state === 'unregistered' ? [3, 3] : []);
  roundRect(pen, x, y, CARD_W, CARD_H, RADIUS);
  pen.lineWidth = Math.max(chosen ? 2 : 1, 0.7 / scale);
  pen.strokeStyle = chosen ? chrome.accent : BORDERED.has(state) || state === 'pending' ? colours[state].fg : chrome.line2;
  if (!chosen && scene.hover === node.id) pen.strokeStyle = chrome.text3;
  pen.stroke();
  pen.setLineDash([]);
  drawText(pen, scene, record, x, y, scale);
  drawBadges(pen, scene, record, x, y);
  pen.globalAlpha = 1;
  if (mark !== undefined) drawPreviewMark(pen, scene, x, y, mark.to, mark.label);
  if (scene.asked.has(node.id)) drawAsked(pen, scene, x, y);
}

function drawHalo(pen: Pen, x: number, y: number, paint: string): void {
  roundRect(pen, x - 4, y - 4, CARD_W + 8, CARD_H + 8, RADIUS + 4);
  pen.fillStyle = paint;
  pen.fill();
}

function drawBody(pen: Pen, scene: Scene, record: InstanceRecord, x: number, y: number): void {
  const { state, shardsTotal, shardsDone, shardsFailed } = record;
  const { chrome, state: colours } = scene.tokens;
  const done = shardsTotal > 0 ? Math.min(1, shardsDone / shardsTotal) : 0;
  const failed = shardsTotal > 0 ? Math.min(1 - done, shardsFailed / shardsTotal) : 0;
  pen.save();
  roundRect(pen, x, y, CARD_W, CARD_H, RADIUS);
  pen.clip();
  pen.fillStyle = FULL.has(state) && !PARTLY.has(state) ? colours[state].soft : chrome.surface;
  pen.fillRect(x, y, CARD_W, CARD_H);
  if (PARTLY.has(state)) {
    pen.fillStyle = colours[state].soft;
    pen.fillRect(x, y, CARD_W * done, CARD_H);
  }
  if (BORDERED.has(state) && state !== 'skipped' && shardsTotal > 0) {
    pen.fillStyle = colours[state].fg;
    pen.fillRect(x, y + CARD_H - 2, CARD_W * done, 2);
    pen.fillStyle = colours.failed.fg;
    pen.fillRect(x + CARD_W * done, y + CARD_H - 2, CARD_W * failed, 2);
  }
  pen.restore();
}

function drawText(pen: Pen, scene: Scene, record: InstanceRecord, x: number, y: number, scale: number): void {
  const { chrome, state: colours } = scene.tokens;
  const { state } = record;
  const back = FULL.has(state) ? colours[state].soft : chrome.surface;
  if (NAME_PX * scale < SMALLEST_LABEL_PX) {
    if (scale * CARD_H >= 16) drawGlyph(pen, state, x + CARD_W / 2 - 11, y + CARD_H / 2 - 11, 22, scene.tokens, back);
    return;
  }
  const both = META_PX * scale >= SMALLEST_LABEL_PX;
  const down = both ? 0 : 6;
  drawGlyph(pen, state, x + PAD, y + 5 + down, 13, scene.tokens, back);
  pen.textBaseline = 'alphabetic';
  pen.textAlign = 'left';
  pen.font = font(500, NAME_PX);
  pen.fillStyle = chrome.text;
  pen.fillText(cutText(pen, record.name, CARD_W - TEXT_X - 3), x + TEXT_X, y + 15.5 + down);
  if (both) drawMeta(pen, scene, record, x, y);
}

/** The second line of a card. */
function drawMeta(pen: Pen, scene: Scene, record: InstanceRecord, x: number, y: number): void {
  const { left, short, right } = scene.cardText(record);
  pen.font = font(400, META_PX);
  pen.fillStyle = scene.tokens.chrome.text2;
  const rightWidth = right === '' ? 0 : pen.measureText(right).width + 5;
  const room = Math.floor(CARD_W - TEXT_X - PAD - rightWidth);
  const cut = cutText(pen, left, room);
  pen.fillText(cut === left || short === undefined ? cut : cutText(pen, short, room), x + TEXT_X, y + 28.5);
  if (right === '') return;
  pen.textAlign = 'right';
  pen.fillText(right, x + CARD_W - PAD, y + 28.5);
  pen.textAlign = 'left';
}

function drawBadges(pen: Pen, scene: Scene, record: InstanceRecord, x: number, y: number): void {
  const { chrome } = scene.tokens;
  if (record.held) {
    drawGlyph(pen, 'held', x + CARD_W - 10, y - 7, 15, scene.tokens, chrome.surface);
    return;
  }
  if (record.gate !== 'manual' || (record.state !== 'pending' && record.state !== 'registered')) return;
  // A gate waits for a click: an ink disc with a pointing hand, reduced to a play sign in a ring at this size.
  pen.beginPath();
  pen.arc(x + CARD_W - 3, y + 1, 8, 0, 2 * Math.PI);
  pen.fillStyle = chrome.ink;
  pen.fill();
  pen.strokeStyle = chrome.onInk;
  pen.lineWidth = 1.3;
  pen.lineCap = 'round';
  pen.beginPath();
  for (const [dx, top] of [
    [-3, -1],
    [-1, -3.5],
    [1, -3],
    [3, -1.5],
  ] as const) {
    pen.moveTo(x + CARD_W - 3 + dx, y + 1 + top);
    pen.lineTo(x + CARD_W - 3 + dx, y + 3);
  }
  pen.moveTo(x + CARD_W - 6, y + 3.5);
  pen.lineTo(x + CARD_W, y + 3.5);
  pen.stroke();
}

function drawPreviewMark(pen: Pen, scene: Scene, x: number, y: number, to: InstanceState, label: string): void {
  const { fg } = scene.tokens.state[to];
  roundRect(pen, x - 3, y - 3, CARD_W + 6, CARD_H + 6, RADIUS + 3);
  pen.setLineDash([4, 3]);
  pen.lineWidth = 1.6;
  pen.strokeStyle = fg;
  pen.stroke();
  pen.setLineDash([]);
  chip(pen, x + CARD_W + 2, y - 9, label, fg, scene.tokens.chrome.surface);
}

function drawAsked(pen: Pen, scene: Scene, x: number, y: number): void {
  roundRect(pen, x - 3, y - 3, CARD_W + 6, CARD_H + 6, RADIUS + 3);
  pen.setLineDash([2, 3]);
  pen.lineWidth = 1.5;
  pen.strokeStyle = scene.tokens.chrome.accent;
  pen.stroke();
  pen.setLineDash([]);
}

function chip(pen: Pen, right: number, top: number, label: string, back: string, text: string): void {
  pen.font = font(600, 10);
  const width = pen.measureText(label).width + 9;
  roundRect(pen, right - width, top, width, 15, 4);
  pen.fillStyle = back;
  pen.fill();
  pen.fillStyle = text;
  pen.textAlign = 'left';
  pen.textBaseline = 'alphabetic';
  pen.fillText(label, right - width + 4.5, top + 11);
}
