/**
 * A run's graph as adjacency lists in index form. Row i's successors are
 * `out[outStart[i]] ... out[outStart[i + 1] - 1]`, and likewise its predecessors.
 */
export interface Graph {
  readonly outStart: Uint32Array;
  readonly out: Uint32Array;
  readonly inStart: Uint32Array;
  readonly in: Uint32Array;
  /** Parallel to `out`: 1 where the successor needs success, 0 where any end will do. */
  readonly needsSuccess: Uint8Array;
}

/** `success`: the successor needs it to have succeeded, or been skipped as success; `end`: any end will do. */
export type EdgeKind = 'success' | 'end';

export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly kind: EdgeKind;
}

/** Builds the lists; refuses an edge to nowhere and a cycle (RangeError). */
export function buildGraph(nodes: number, edges: readonly Edge[]): Graph {
  const outStart = new Uint32Array(nodes + 1);
  for (const { from, to } of edges) {
    if (!(from >= 0 && from < nodes && to >= 0 && to < nodes)) throw new RangeError(`edge ${from} -> ${to} leaves the graph`);
    outStart[from + 1]! += 1;
  }
  for (let i = 0; i < nodes; i++) outStart[i + 1]! += outStart[i]!;
  const out = new Uint32Array(edges.length);
  const needsSuccess = new Uint8Array(edges.length);
  const outAt = outStart.slice();
  for (const { from, to, kind } of edges) {
    needsSuccess[outAt[from]!] = kind === 'success' ? 1 : 0;
    out[outAt[from]!++] = to;
  }
  return graphOf(outStart, out, needsSuccess);
}

/** The graph of its forward half, which is taken as it is; predecessors come in ascending order. Errors as `buildGraph`. */
export function graphOf(outStart: Uint32Array, out: Uint32Array, needsSuccess: Uint8Array): Graph {
  const nodes = outStart.length - 1;
  const inStart = new Uint32Array(nodes + 1);
  for (let e = 0; e < out.length; e++) {
    const to = out[e]!;
    if (to >= nodes) throw new RangeError(`an edge to ${to} leaves the graph`);
    inStart[to + 1]! += 1;
  }
  for (let i = 0; i < nodes; i++) inStart[i + 1]! += inStart[i]!;
  const ins = new Uint32Array(out.length);
  const inAt = inStart.slice();
  for (let row = 0; row < nodes; row++) {
    for (let e = outStart[row]!; e < outStart[row + 1]!; e++) ins[inAt[out[e]!]!++] = row;
  }
  const graph: Graph = { outStart, out, inStart, in: ins, needsSuccess };
  if (topologicalOrder(graph).length !== nodes) throw new RangeError('the graph has a cycle');
  return graph;
}

/** Rows with every predecessor before its successors; shorter than the graph when there is a cycle. */
export function topologicalOrder(graph: Graph): Uint32Array {
  const nodes = graph.outStart.length - 1;
  const waiting = new Uint32Array(nodes);
  for (let i = 0; i < nodes; i++) waiting[i] = graph.inStart[i + 1]! - graph.inStart[i]!;
  const order = new Uint32Array(nodes);
  let filled = 0;
  for (let i = 0; i < nodes; i++) if (waiting[i] === 0) order[filled++] = i;
  for (let at = 0; at < filled; at++) {
    const row = order[at]!;
    for (let e = graph.outStart[row]!; e < graph.outStart[row + 1]!; e++) {
      const next = graph.out[e]!;
      if (--waiting[next]! === 0) order[filled++] = next;
    }
  }
  return order.subarray(0, filled);
}

export function* successors(graph: Graph, row: number): Generator<{ readonly row: number; readonly needsSuccess: boolean }> {
  for (let e = graph.outStart[row]!; e < graph.outStart[row + 1]!; e++) {
    yield { row: graph.out[e]!, needsSuccess: graph.needsSuccess[e] === 1 };
  }
}

/** Every edge, by rows, in ascending order of where it comes from. */
export function* edgesOf(graph: Graph): Generator<{ readonly from: number; readonly to: number }> {
  for (let from = 0; from < graph.outStart.length - 1; from++) for (const { row } of successors(graph, from)) yield { from, to: row };
}

export function* predecessors(graph: Graph, row: number): Generator<number> {
  for (let e = graph.inStart[row]!; e < graph.inStart[row + 1]!; e++) yield graph.in[e]!;
}

/** Everything downstream of a row over success edges, in no special order, the row itself left out. */
export function subtree(graph: Graph, row: number): number[] {
  const seen = new Set<number>();
  const open = [row];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const next of successors(graph, at)) {
      if (!next.needsSuccess || seen.has(next.row)) continue;
      seen.add(next.row);
      open.push(next.row);
    }
  }
  return [...seen];
}

/** Everything downstream of a row over every edge, the row itself left out. */
export function downstream(graph: Graph, row: number): number[] {
  const seen = new Set<number>();
  const open = [row];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const next of successors(graph, at)) {
      if (seen.has(next.row)) continue;
      seen.add(next.row);
      open.push(next.row);
    }
  }
  return [...seen];
}
