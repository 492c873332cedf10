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
  const canvas = useRef<HTMLCanvasElement>(null);
  const { layout, tokens, records } = scene;
  const scale = Math.min((WIDTH - 2 * PAD) / layout.width, (HEIGHT - 2 * PAD) / layout.height);
  useEffect(() => {
    const pen = canvas.current?.getContext('2d');
    if (pen === null || pen === undefined) return;
    const ratio = window.devicePixelRatio || 1;
    pen.canvas.width = WIDTH * ratio;
    pen.canvas.height = HEIGHT * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    for (const node of layout.nodes) {
      const state = records[node.id]?.state;
      if (state === undefined) continue;
      const quiet = state === 'registered' || state === 'unregistered';
      pen.fillStyle = quiet ? tokens.chrome.line2 : tokens.state[state].fg;
      pen.fillRect(PAD + node.x * scale, PAD + node.y * scale, Math.max(1.5, CARD_W * scale), Math.max(1.5, CARD_H * scale));
    }
    pen.strokeStyle = tokens.chrome.accent;
    pen.lineWidth = 1.5;
    const x = PAD + (-camera.x / camera.scale) * scale;
    const y = PAD + (-camera.y / camera.scale) * scale;
    pen.strokeRect(x, y, (view.width / camera.scale) * scale, (view.height / camera.scale) * scale);
  }, [layout, records, tokens, camera, view, scale]);
  const go = (event: PointerEvent<HTMLCanvasElement>): void => {
    if (event.buttons === 0) return;
    const graphX = (event.nativeEvent.offsetX - PAD) / scale;
    const graphY = (event.nativeEvent.offsetY - PAD) / scale;
    onMove({ ...camera, x: view.width / 2 - graphX * camera.scale, y: view.height / 2 - graphY * camera.scale });
  };
  return (
    <div className="tm-minimap" aria-hidden="true" title={t('graph.map')}>
      <canvas ref={canvas} onPointerDown={go} onPointerMove={go} />
    </div>
  );
}
