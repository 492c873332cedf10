/**
 * The eleven state glyphs, drawn in a box of 16 x 16. The same drawing serves
 * the canvas (Path2D) and the page (SVG), so that both always look alike.
 * `main` is the state's colour, `mark` the sign inside it.
 */
import type { Mark } from '../theme/tokens.ts';

export interface GlyphPart {
  readonly d: string;
  readonly paint: 'main' | 'mark';
  /** Line width; filled when absent. */
  readonly stroke?: number;
  readonly dash?: readonly [number, number];
}

const DISC = 'M8 1a7 7 0 1 1 0 14a7 7 0 1 1 0-14z';
const RING = 'M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12z';
const OCTAGON = 'M5.2 1h5.6L15 5.2v5.6L10.8 15H5.2L1 10.8V5.2z';
const OCTAGON_LINE = 'M5.5 1.8h5l3.7 3.7v5l-3.7 3.7h-5L1.8 10.5v-5z';
const SQUARE = 'M4 1.5h8A2.5 2.5 0 0 1 14.500 4v8a2.5 2.5 0 0 1-2.500 2.500H4A2.5 2.5 0 0 1 1.500 12V4A2.500 2.500 0 0 1 4 1.500z';

export const GLYPHS: Readonly<Record<Mark, readonly GlyphPart[]>> = {
  unregistered: [{ d: RING, paint: 'main', stroke: 1.6, dash: [1.5, 2.27] }],
  registered: [{ d: RING, paint: 'main', stroke: 1.7 }],
  pending: [
    { d: RING, paint: 'main', stroke: 1.7 },
    { d: 'M8 4.700V8l2.300 1.500', paint: 'main', stroke: 1.6 },
  ],
  running: [
    { d: DISC, paint: 'main' },
    { d: 'M6.300 4.900v6.200L11.400 8z', paint: 'mark' },
  ],
  confirming: [
    { d: RING, paint: 'main', stroke: 1.7, dash: [6.7, 2.725] },
    { d: 'M5.400 8.100l1.900 1.900 3.400-3.700', paint: 'main', stroke: 1.6 },
  ],
  succeeded: [
    { d: DISC, paint: 'main' },
    { d: 'M4.900 8.200l2.200 2.200 4.100-4.500', paint: 'mark', stroke: 1.8 },
  ],
  failed: [
    { d: 'M8 .4L15.600 8 8 15.600 .4 8z', paint: 'main' },
    { d: 'M5.900 5.900l4.200 4.200M10.100 5.900l-4.200 4.200', paint: 'mark', stroke: 1.7 },
  ],
  skipped: [
    { d: SQUARE, paint: 'main' },
    { d: 'M4.500 5.200L7.300 8l-2.800 2.800M8.300 5.200L11.100 8l-2.800 2.800', paint: 'mark', stroke: 1.6 },
  ],
  stopping: [
    { d: OCTAGON_LINE, paint: 'main', stroke: 1.6 },
    { d: 'M5.700 5.700h4.600v4.600H5.700z', paint: 'main' },
  ],
  stopped: [
    { d: OCTAGON, paint: 'main' },
    { d: 'M5.500 5.500h5v5h-5z', paint: 'mark' },
  ],
  held: [
    { d: SQUARE, paint: 'mark' },
    { d: 'M5.300 4.700h1.700v6.600H5.300zM9 4.700h1.700v6.600H9z', paint: 'main' },
  ],
};
