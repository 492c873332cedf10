/** Small helpers for drawing on a canvas: rounded shapes, cut text, glyphs. */
import type { Mark, Tokens } from '../theme/tokens.ts';
import { GLYPHS } from '../ui/glyph-paths.ts';

export type Pen = CanvasRenderingContext2D;

/** Labels smaller than this on the screen are not drawn. */
export const SMALLEST_LABEL_PX = 9;

const SANS = 'Inter, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif';
export const font = (weight: 400 | 500 | 600, size: number): string => `${weight} ${size}px ${SANS}`;

const paths = new Map<string, Path2D>();

function pathOf(d: string): Path2D {
  const found = paths.get(d);
  if (found !== undefined) return found;
  const made = new Path2D(d);
  paths.set(d, made);
  return made;
}

/** Draws a state's glyph with its top left corner at x, y. */
export function drawGlyph(pen: Pen, mark: Mark, x: number, y: number, size: number, tokens: Tokens, back: string): void {
  pen.save();
  pen.translate(x, y);
  pen.scale(size / 16, size / 16);
  pen.lineCap = 'round';
  pen.lineJoin = 'round';
  for (const part of GLYPHS[mark]) {
    const inner = mark === 'held' ? tokens.state.held.soft : back;
    const paint = part.paint === 'main' ? tokens.state[mark].fg : inner;
    if (part.stroke === undefined) {
      pen.fillStyle = paint;
      pen.fill(pathOf(part.d));
      continue;
    }
    pen.strokeStyle = paint;
    pen.lineWidth = part.stroke;
    pen.setLineDash(part.dash === undefined ? [] : [...part.dash]);
    pen.stroke(pathOf(part.d));
  }
  pen.restore();
}

const cuts = new Map<string, string>();
const CUTS_KEPT = 20_000;

/** The text, cut with an ellipsis where it is wider than allowed. The pen's font must be set. */
export function cutText(pen: Pen, text: string, maxWidth: number): string {
  const key = `${pen.font}\n${maxWidth}\n${text}`;
  const known = cuts.get(key);
  if (known !== undefined) return known;
  if (cuts.size > CUTS_KEPT) cuts.clear();
  let cut = text;
  if (pen.measureText(text).width > maxWidth) {
    const letters = [...text];
    let low = 0;
    let high = letters.length;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (pen.measureText(`${letters.slice(0, middle).join('').trimEnd()}…`).width <= maxWidth) low = middle;
      else high = middle - 1;
    }
    cut = `${letters.slice(0, low).join('').trimEnd()}…`;
  }
  cuts.set(key, cut);
  return cut;
}

/** Forgets measured texts, for instance when the fonts have come. */
export const forgetCuts = (): void => cuts.clear();

export function roundRect(pen: Pen, x: number, y: number, width: number, height: number, radius: number): void {
  pen.beginPath();
  pen.roundRect(x, y, width, height, radius);
}

/** A line through points x, y, x, y ... with rounded corners, added to the current path. */
export function addLine(pen: Pen, points: readonly number[], radius: number): void {
  pen.moveTo(points[0]!, points[1]!);
  for (let at = 2; at < points.length - 2; at += 2) {
    const x = points[at]!;
    const y = points[at + 1]!;
    const nextX = points[at + 2]!;
    const nextY = points[at + 3]!;
    const before = Math.abs(x - points[at - 2]!) + Math.abs(y - points[at - 1]!);
    const after = Math.abs(nextX - x) + Math.abs(nextY - y);
    pen.arcTo(x, y, nextX, nextY, Math.min(radius, before / 2, after / 2));
  }
  pen.lineTo(points.at(-2)!, points.at(-1)!);
}
