/**
 * Places the graph of a run: columns by level, lanes by domain, the plan at the
 * left and the report at the right of all lanes. Pure and deterministic, and
 * blind to states, so a node keeps its place while the run goes on.
 *
 * All cards lie on one grid of rows per lane. The gaps between rows and between
 * columns are free of cards, and edges run only there (see edges.ts).
 */
import { type RoutedEdge, routeEdges } from './edges.ts';
import { CARD_H, CARD_W, COLUMN_GAP, type Column, LANE_HEAD, LEVEL_GAP, type NodeKind, type Placed, ROW_GAP } from './grid.ts';

const LANE_PAD = 6;
const LANE_GAP = 8;
/** The view that a graph is folded for; a graph that is larger keeps its shape. */
const VIEW_W = 790;
const VIEW_H = 700;

export interface LayoutNode {
  readonly id: string;
  readonly kind: NodeKind;
  readonly lane: string;
  /** Orders nodes that nothing else orders. */
  readonly order: number;
}

export interface LayoutInput {
  readonly nodes: readonly LayoutNode[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  readonly laneOrder: readonly string[];
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly Placed[];
  readonly lanes: readonly {
    readonly lane: string;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[];
  readonly columns: readonly Column[];
  readonly edges: readonly RoutedEdge[];
}

interface Block {
  readonly lane: string;
  readonly level: number;
  readonly nodes: LayoutNode[];
}

export function layoutGraph(input: LayoutInput): Layout {
  const tasks = input.nodes.filter((node) => node.kind === 'task');
  const levels = levelsOf(tasks, input.edges);
  const blocks = blocksOf(tasks, levels, input);
  const rowLimit = chooseRows(blocks);
  const hasPlan = input.nodes.some((node) => node.kind === 'plan');
  const columns = columnsOf(blocks, rowLimit, input, hasPlan);
  const lanes = lanesOf(blocks, rowLimit, columns, input.laneOrder);
  const height = Math.max(
    CARD_H,
    lanes.reduce((bottom, lane) => Math.max(bottom, lane.y + lane.height), 0),
  );
  const nodes = [...placeTasks(blocks, rowLimit, columns, lanes), ...placeEnds(input.nodes, columns, height)];
  const right = columns.at(-1)?.right ?? CARD_W;
  return { width: right, height, nodes, lanes, columns, edges: routeEdges(nodes, columns, input.edges) };
}

/** Longest path from a task without upstream tasks, counted from 1; nodes of a cycle stay where they were reached. */
function levelsOf(tasks: readonly LayoutNode[], edges: LayoutInput['edges']): Map<string, number> {
  const level = new Map(tasks.map((node) => [node.id, 1]));
  const open = new Map(tasks.map((node) => [node.id, 0]));
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) {
    if (!level.has(from) || !level.has(to)) continue;
    open.set(to, open.get(to)! + 1);
    const list = next.get(from);
    if (list === undefined) next.set(from, [to]);
    else list.push(to);
  }
  const ready = tasks.filter((node) => open.get(node.id) === 0).map((node) => node.id);
  for (let at = 0; at < ready.length; at += 1) {
    const id = ready[at]!;
    for (const to of next.get(id) ?? []) {
      level.set(to, Math.max(level.get(to)!, level.get(id)! + 1));
      const left = open.get(to)! - 1;
      open.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  return level;
}

/** Tasks by lane and level, each block in the order of its parents' places, then by its own order. */
function blocksOf(tasks: readonly LayoutNode[], levels: ReadonlyMap<string, number>, input: LayoutInput): Block[] {
  const rank = new Map(input.laneOrder.map((lane, at) => [lane, at]));
  const laneRank = (lane: string): number => rank.get(lane) ?? rank.size;
  const place = new Map<string, number>();
  const sorted = [...tasks].sort(
    (a, b) => laneRank(a.lane) - laneRank(b.lane) || compare(a.lane, b.lane) || a.order - b.order || compare(a.id, b.id),
  );
  for (const [at, node] of sorted.entries()) place.set(node.id, at);
  const parents = new Map<string, { sum: number; n: number }>();
  for (const { from, to } of input.edges) {
    const at = place.get(from);
    if (at === undefined || !place.has(to)) continue;
    const sum = parents.get(to) ?? { sum: 0, n: 0 };
    parents.set(to, { sum: sum.sum + at, n: sum.n + 1 });
  }
  const weight = (node: LayoutNode): number => {
    const sum = parents.get(node.id);
    return sum === undefined ? place.get(node.id)! : sum.sum / sum.n;
  };
  const blocks = new Map<string, Block>();
  for (const node of sorted) {
    const level = levels.get(node.id)!;
    const key = `${level}\n${node.lane}`;
    const block = blocks.get(key) ?? { lane: node.lane, level, nodes: [] };
    block.nodes.push(node);
    blocks.set(key, block);
  }
  for (const block of blocks.values()) block.nodes.sort((a, b) => weight(a) - weight(b) || place.get(a.id)! - place.get(b.id)!);
  return [...blocks.values()];
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const rowsIn = (block: Block, rowLimit: number): number => Math.min(block.nodes.length, rowLimit);
const columnsIn = (block: Block, rowLimit: number): number => Math.ceil(block.nodes.length / rowLimit);
const pitchY = CARD_H + ROW_GAP;
const pitchX = CARD_W + COLUMN_GAP;

/** Rows of a block with which the whole fits the view best; of equals, the most rows and so the fewest columns. */
function chooseRows(blocks: readonly Block[]): number {
  let low = 1;
  let high = blocks.reduce((most, block) => Math.max(most, block.nodes.length), 1);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const { width, height } = sizeWith(blocks, middle);
    if (height / VIEW_H <= Math.max(1, width / VIEW_W)) low = middle;
    else high = middle - 1;
  }
  return scaleWith(blocks, low + 1) > scaleWith(blocks, low) ? low + 1 : low;
}

function scaleWith(blocks: readonly Block[], rowLimit: number): number {
  const { width, height } = sizeWith(blocks, rowLimit);
  return Math.min(1, VIEW_W / width, VIEW_H / height);
}

function sizeWith(blocks: readonly Block[], rowLimit: number): { width: number; height: number } {
  const laneRows = new Map<string, number>();
  const levelColumns = new Map<number, number>();
  for (const block of blocks) {
    laneRows.set(block.lane, Math.max(laneRows.get(block.lane) ?? 0, rowsIn(block, rowLimit)));
    levelColumns.set(block.level, Math.max(levelColumns.get(block.level) ?? 0, columnsIn(block, rowLimit)));
  }
  let height = 0;
  for (const rows of laneRows.values()) height += rows * pitchY + LANE_HEAD + LANE_PAD + LANE_GAP;
  let width = 2 * (CARD_W + LEVEL_GAP);
  for (const columns of levelColumns.values()) width += columns * pitchX + LEVEL_GAP - COLUMN_GAP;
  return { width, height };
}

function columnsOf(blocks: readonly Block[], rowLimit: number, input: LayoutInput, hasPlan: boolean): Column[] {
  const wide = new Map<number, number>();
  for (const block of blocks) wide.set(block.level, Math.max(wide.get(block.level) ?? 0, columnsIn(block, rowLimit)));
  const out: Column[] = [];
  let x = 0;
  if (hasPlan) {
    out.push({ level: 0, kind: 'plan', x, right: x + CARD_W });
    x += CARD_W + LEVEL_GAP;
  }
  const last = Math.max(0, ...wide.keys());
  for (let level = 1; level <= last; level += 1) {
    const right = x + (wide.get(level) ?? 1) * pitchX - COLUMN_GAP;
    out.push({ level, kind: 'task', x, right });
    x = right + LEVEL_GAP;
  }
  if (input.nodes.some((node) => node.kind === 'report')) out.push({ level: last + 1, kind: 'report', x, right: x + CARD_W });
  return out;
}

function lanesOf(blocks: readonly Block[], rowLimit: number, columns: readonly Column[], laneOrder: readonly string[]): Layout['lanes'] {
  const rows = new Map<string, number>();
  for (const block of blocks) rows.set(block.lane, Math.max(rows.get(block.lane) ?? 0, rowsIn(block, rowLimit)));
  const known = laneOrder.filter((lane) => rows.has(lane));
  const names = [...known, ...[...rows.keys()].filter((lane) => !laneOrder.includes(lane)).sort(compare)];
  const inside = columns.filter((column) => column.kind === 'task');
  const x = (inside[0]?.x ?? 0) - LANE_PAD;
  const width = (inside.at(-1)?.right ?? 0) + LANE_PAD - x;
  let y = 0;
  return names.map((lane) => {
    const height = LANE_HEAD + rows.get(lane)! * pitchY - ROW_GAP + LANE_PAD;
    const placed = { lane, x, y, width, height };
    y += height + LANE_GAP;
    return placed;
  });
}

function placeTasks(blocks: readonly Block[], rowLimit: number, columns: readonly Column[], lanes: Layout['lanes']): Placed[] {
  const laneY = new Map(lanes.map((lane) => [lane.lane, lane.y + LANE_HEAD]));
  const columnX = new Map(columns.map((column) => [column.level, column]));
  const out: Placed[] = [];
  for (const block of blocks) {
    const column = columnX.get(block.level)!;
    const rows = rowsIn(block, rowLimit);
    for (const [at, node] of block.nodes.entries()) {
      const x = column.x + Math.floor(at / rows) * pitchX;
      const y = laneY.get(block.lane)! + (at % rows) * pitchY;
      out.push({
        id: node.id,
        kind: 'task',
        lane: block.lane,
        x,
        y,
        level: block.level,
        inner: x + CARD_W < column.right,
        behind: x > column.x,
      });
    }
  }
  return out;
}

function placeEnds(nodes: readonly LayoutNode[], columns: readonly Column[], height: number): Placed[] {
  return (['plan', 'report'] as const).flatMap((kind) => {
    const column = columns.find((one) => one.kind === kind);
    const ends = nodes.filter((node) => node.kind === kind);
    const top = (height - (ends.length * pitchY - ROW_GAP)) / 2;
    return ends.map((node, at) => ({
      id: node.id,
      kind,
      lane: '',
      x: column!.x,
      y: Math.round(top + at * pitchY),
      level: column!.level,
      inner: false,
      behind: false,
    }));
  });
}
