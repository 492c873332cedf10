/** The whole graph in small, with the part that is in view; shown when it does not fit. */
import { type PointerEvent, type ReactElement, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Camera } from './camera.ts';
import { CARD_H, CARD_W } from './grid.ts';
import type { Scene } from './scene.ts';

const WIDTH = 132;
const HEIGHT = 92;
const PAD = 6;

interface Props {
  readonly scene: Scene;
  readonly camera: Camera;
  readonly view: { readonly width: number; readonly height: number };
  readonly onMove: (camera: Camera) => void;
}

export function MiniMap({ scene, camera, view, onMove }: Props): ReactElement {
  const { t } = useTranslation();
  const base = useRef<HTMLCanvasElement>(null);
  const { layout, tokens, records } = scene;
  const scale = Math.min((WIDTH - 2 * PAD) / layout.width, (HEIGHT - 2 * PAD) / layout.height);
  // The nodes change with the run, the frame with each move of the view: two layers, so that a move costs nothing.
  useEffect(() => {
    const pen = penOf(base.current);
    if (pen === null) return;
    const groups = new Map<string, Path2D>();
    for (const node of layout.nodes) {
      const state = records[node.id]?.state;
      if (state === undefined) continue;
      const paint = state === 'registered' || state === 'unregistered' ? tokens.chrome.line2 : tokens.state[state].fg;
      const path = groups.get(paint) ?? new Path2D();
      groups.set(paint, path);
      path.rect(PAD + node.x * scale, PAD + node.y * scale, Math.max(1.5, CARD_W * scale), Math.max(1.5, CARD_H * scale));
    }
    for (const [paint, path] of groups) {
      pen.fillStyle = paint;
      pen.fill(path);
    }
  }, [layout, records, tokens, scale]);
  const go = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.buttons === 0) return;
    const box = event.currentTarget.getBoundingClientRect();
    const graphX = (event.clientX - box.left - PAD) / scale;
    const graphY = (event.clientY - box.top - PAD) / scale;
    onMove({ ...camera, x: view.width / 2 - graphX * camera.scale, y: view.height / 2 - graphY * camera.scale });
  };
  const frame = {
    left: PAD + (-camera.x / camera.scale) * scale,
    top: PAD + (-camera.y / camera.scale) * scale,
    width: (view.width / camera.scale) * scale,
    height: (view.height / camera.scale) * scale,
  };
  return (
    <div className="tm-minimap" aria-hidden="true" title={t('graph.map')} onPointerDown={go} onPointerMove={go}>
      <canvas ref={base} />
      <i style={frame} />
    </div>
  );
}

function penOf(canvas: HTMLCanvasElement | null): CanvasRenderingContext2D | null {
  const pen = canvas?.getContext('2d') ?? null;
  if (pen === null) return null;
  const ratio = window.devicePixelRatio || 1;
  pen.canvas.width = WIDTH * ratio;
  pen.canvas.height = HEIGHT * ratio;
  pen.scale(ratio, ratio);
  return pen;
}
