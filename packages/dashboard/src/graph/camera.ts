/** Which part of the graph the canvas shows. Pure. */
export interface Camera {
  /** Screen position of the graph's origin, in CSS pixels. */
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const MIN_SCALE = 0.05;
export const MAX_SCALE = 2;
export const EDGE_PAD = 12;
/** Kept free above the graph for the names of the columns. */
export const HEAD = 26;

/** Shows all of a box, never larger than life, from the top left corner when it is smaller than the view. */
export function fit(box: Box, view: { readonly width: number; readonly height: number }): Camera {
  const wide = (view.width - 2 * EDGE_PAD) / Math.max(1, box.width);
  const high = (view.height - HEAD - EDGE_PAD) / Math.max(1, box.height);
  const scale = Math.min(1, Math.max(MIN_SCALE, Math.min(wide, high)));
  const x = Math.max(EDGE_PAD, (view.width - box.width * scale) / 2) - box.x * scale;
  return { x, y: HEAD - box.y * scale, scale };
}

/** Zooms by a factor around a point of the screen. */
export function zoomAt(camera: Camera, factor: number, atX: number, atY: number): Camera {
  const scale = Math.min(MAX_SCALE, Math.max(MIN_SCALE, camera.scale * factor));
  const real = scale / camera.scale;
  return { scale, x: atX - (atX - camera.x) * real, y: atY - (atY - camera.y) * real };
}

/** Moves as little as is needed to have a box in view. */
export function reveal(camera: Camera, box: Box, view: { readonly width: number; readonly height: number }): Camera {
  const left = box.x * camera.scale + camera.x;
  const top = box.y * camera.scale + camera.y;
  const right = left + box.width * camera.scale;
  const bottom = top + box.height * camera.scale;
  const dx = left < EDGE_PAD ? EDGE_PAD - left : right > view.width - EDGE_PAD ? view.width - EDGE_PAD - right : 0;
  const dy = top < HEAD ? HEAD - top : bottom > view.height - EDGE_PAD ? view.height - EDGE_PAD - bottom : 0;
  return dx === 0 && dy === 0 ? camera : { ...camera, x: camera.x + dx, y: camera.y + dy };
}
