/**
 * The graph on its canvas: pan by dragging, zoom with the wheel at the pointer,
 * click to select. For keyboards and readers the task tree is its twin, so the
 * canvas itself is hidden from them.
 */
import { Tooltip } from '@mantine/core';
import { Maximize, Minus, Plus } from 'lucide-react';
import { type ReactElement, useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type Ref } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../ui/icon-button.tsx';
import { type Camera, fit, reveal, zoomAt } from './camera.ts';
import { drawGraph, nodeAt } from './draw.ts';
import { CARD_H, CARD_W } from './grid.ts';
import { MiniMap } from './mini-map.tsx';
import { forgetCuts } from './pen.ts';
import type { Scene } from './scene.ts';

export interface GraphHandle {
  fit(): void;
  /** Moves as little as needed to have these nodes in view. */
  show(ids: readonly string[]): void;
}

interface Props {
  readonly scene: Scene;
  /** Changes when the graph's shape does; the view then fits anew. */
  readonly shapeKey: string;
  readonly onHover: (id: string | null) => void;
  readonly onSelect: (id: string | null, add: boolean) => void;
  readonly handle: Ref<GraphHandle>;
}

const CLICK_SLOP_PX = 4;

export function GraphView({ scene, shapeKey, onHover, onSelect, handle }: Props): ReactElement {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [camera, setCamera] = useState<Camera | null>(null);
  const touched = useRef(false);
  const live = useRef({ scene, size, camera });
  live.current = { scene, size, camera };

  const fitNow = useCallback(() => {
    const { scene: now, size: view } = live.current;
    if (view.width === 0) return;
    touched.current = false;
    setCamera(fit({ x: 0, y: 0, width: now.layout.width, height: now.layout.height }, view));
  }, []);

  useSize(box, setSize);
  useLayoutEffect(() => {
    if (size.width > 0 && shapeKey !== '' && !touched.current) fitNow();
  }, [size, fitNow, shapeKey]);

  useImperativeHandle(
    handle,
    () => ({ fit: fitNow, show: (ids) => setCamera((before) => shown(before, live.current.scene, live.current.size, ids)) }),
    [fitNow],
  );
  useDrawing(canvas, scene, size, camera);
  useGestures(
    canvas,
    live,
    (next) => {
      touched.current = true;
      setCamera(next);
    },
    onHover,
    onSelect,
  );

  const zoom = (factor: number): void => {
    touched.current = true;
    setCamera((before) => (before === null ? before : zoomAt(before, factor, size.width / 2, size.height / 2)));
  };
  return (
    <div className="tm-graph" ref={box}>
      <div className="tm-canvas" aria-hidden="true">
        <canvas ref={canvas} data-testid="graph-canvas" />
      </div>
      <div className="tm-zoom">
        <IconButton label={t('graph.zoomOut')} onClick={() => zoom(1 / 1.25)}>
          <Minus size={14} />
        </IconButton>
        <span className="tm-zoom-value">{Math.round((camera?.scale ?? 1) * 100)} %</span>
        <IconButton label={t('graph.zoomIn')} onClick={() => zoom(1.25)}>
          <Plus size={14} />
        </IconButton>
        <Tooltip label={`${t('graph.fit')} (F)`}>
          <span>
            <IconButton label={t('graph.fit')} onClick={fitNow}>
              <Maximize size={14} />
            </IconButton>
          </span>
        </Tooltip>
      </div>
      {camera !== null && overflows(camera, scene, size) && (
        <MiniMap
          scene={scene}
          camera={camera}
          view={size}
          onMove={(next) => {
            touched.current = true;
            setCamera(next);
          }}
        />
      )}
      {camera !== null && <HoverCard scene={scene} camera={camera} size={size} />}
    </div>
  );
}

type Size = { readonly width: number; readonly height: number };

function overflows(camera: Camera, scene: Scene, size: Size): boolean {
  const { width, height } = scene.layout;
  return (
    camera.x < 0 || camera.y < 0 || camera.x + width * camera.scale > size.width + 1 || camera.y + height * camera.scale > size.height + 1
  );
}

function shown(before: Camera | null, scene: Scene, view: Size, ids: readonly string[]): Camera | null {
  const nodes = scene.layout.nodes.filter((node) => ids.includes(node.id));
  if (before === null || nodes.length === 0) return before;
  const x = Math.min(...nodes.map((node) => node.x));
  const y = Math.min(...nodes.map((node) => node.y));
  const area = {
    x,
    y,
    width: Math.max(...nodes.map((node) => node.x)) + CARD_W - x,
    height: Math.max(...nodes.map((node) => node.y)) + CARD_H - y,
  };
  return area.width * before.scale > view.width || area.height * before.scale > view.height ? fit(area, view) : reveal(before, area, view);
}

function useSize(box: { readonly current: HTMLElement | null }, set: (size: Size) => void): void {
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => set({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, [box, set]);
}

/** Draws at most once a frame, and only when something changed. */
function useDrawing(canvas: { readonly current: HTMLCanvasElement | null }, scene: Scene, size: Size, camera: Camera | null): void {
  const [fonts, setFonts] = useState(0);
  useEffect(() => {
    void document.fonts.ready.then(() => {
      forgetCuts();
      setFonts((before) => before + 1);
    });
  }, []);
  useLayoutEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext('2d', { alpha: false });
    if (element === null || pen === null || pen === undefined || camera === null) return;
    void fonts;
    const ratio = window.devicePixelRatio || 1;
    const frame = requestAnimationFrame(() => {
      const width = Math.round(size.width * ratio);
      const height = Math.round(size.height * ratio);
      if (element.width !== width || element.height !== height) {
        element.width = width;
        element.height = height;
      }
      drawGraph(pen, scene, { ...size, camera }, ratio);
    });
    return () => cancelAnimationFrame(frame);
  }, [canvas, scene, size, camera, fonts]);
}

interface Live {
  readonly current: { readonly scene: Scene; readonly size: Size; readonly camera: Camera | null };
}

function useGestures(
  canvas: { readonly current: HTMLCanvasElement | null },
  live: Live,
  move: (camera: Camera) => void,
  onHover: (id: string | null) => void,
  onSelect: (id: string | null, add: boolean) => void,
): void {
  const calls = useRef({ move, onHover, onSelect });
  calls.current = { move, onHover, onSelect };
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    let drag: { x: number; y: number; camera: Camera; moved: boolean } | null = null;
    const hit = (event: PointerEvent): string | null => {
      const { scene, size, camera } = live.current;
      return camera === null ? null : nodeAt(scene, { ...size, camera }, event.offsetX, event.offsetY);
    };
    const down = (event: PointerEvent): void => {
      const { camera } = live.current;
      if (camera === null || event.button !== 0) return;
      drag = { x: event.offsetX, y: event.offsetY, camera, moved: false };
      element.setPointerCapture(event.pointerId);
    };
    const over = (event: PointerEvent): void => {
      if (drag === null) {
        const id = hit(event);
        element.style.cursor = id === null ? 'grab' : 'pointer';
        calls.current.onHover(id);
        return;
      }
      const dx = event.offsetX - drag.x;
      const dy = event.offsetY - drag.y;
      if (!drag.moved && Math.hypot(dx, dy) < CLICK_SLOP_PX) return;
      drag.moved = true;
      element.style.cursor = 'grabbing';
      calls.current.move({ ...drag.camera, x: drag.camera.x + dx, y: drag.camera.y + dy });
    };
    const up = (event: PointerEvent): void => {
      if (drag !== null && !drag.moved) calls.current.onSelect(hit(event), event.shiftKey);
      drag = null;
    };
    const leave = (): void => calls.current.onHover(null);
    const wheel = (event: WheelEvent): void => {
      const { camera } = live.current;
      if (camera === null) return;
      event.preventDefault();
      calls.current.move(zoomAt(camera, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.offsetX, event.offsetY));
    };
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', over);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointerleave', leave);
    element.addEventListener('wheel', wheel, { passive: false });
    return () => {
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', over);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointerleave', leave);
      element.removeEventListener('wheel', wheel);
    };
  }, [canvas, live]);
}

/** The whole name and sentence of the card under the pointer; cards cut both. */
function HoverCard({ scene, camera, size }: { readonly scene: Scene; readonly camera: Camera; readonly size: Size }): ReactElement | null {
  const { t } = useTranslation();
  const node = scene.layout.nodes.find((one) => one.id === scene.hover);
  const record = node === undefined ? undefined : scene.records[node.id];
  if (node === undefined || record === undefined) return null;
  const x = node.x * camera.scale + camera.x;
  const y = (node.y + CARD_H) * camera.scale + camera.y + 8;
  const below = y < size.height - 70;
  const style = {
    left: Math.max(4, Math.min(x, size.width - 264)),
    ...(below ? { top: y } : { bottom: size.height - (node.y * camera.scale + camera.y) + 8 }),
  };
  return (
    <div className="tm-hover" style={style} aria-hidden="true">
      <strong>{record.name}</strong>
      <span>
        {t(`state.${record.state}`)}
        {record.shardsTotal > 0 && ` · ${record.shardsDone}/${record.shardsTotal}`}
        {record.held && ` · ${t('state.held')}`}
      </span>
      {record.reason !== null && <span>{record.reason}</span>}
    </div>
  );
}
