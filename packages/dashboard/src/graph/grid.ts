/** The grid that cards and edges of the graph keep to, in CSS pixels at 100 %. */
export const CARD_W = 128;
export const CARD_H = 35;
export const ROW_GAP = 8;
export const COLUMN_GAP = 24;
export const LEVEL_GAP = 34;
export const LANE_HEAD = 20;

export type NodeKind = 'plan' | 'task' | 'report';

export interface Placed {
  readonly id: string;
  readonly kind: NodeKind;
  readonly lane: string;
  readonly x: number;
  readonly y: number;
  /** Column of the graph: 0 the plan, then the tasks, the report last. */
  readonly level: number;
  /** A card of the same level stands further right. */
  readonly inner: boolean;
  /** A card of the same level stands further left. */
  readonly behind: boolean;
}

export interface Column {
  readonly level: number;
  readonly kind: NodeKind;
  readonly x: number;
  readonly right: number;
}
