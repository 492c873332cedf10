import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildGraph, downstream, predecessors, successors, topologicalOrder } from '../../src/core/graph.ts';
import { NameIndex } from '../../src/core/name-index.ts';
import { TextColumn } from '../../src/core/text-column.ts';

/** Edges from lower to higher rows: never a cycle. */
const acyclic = fc.integer({ min: 2, max: 40 }).chain((nodes) =>
  fc.record({
    nodes: fc.constant(nodes),
    edges: fc.uniqueArray(
      fc.tuple(fc.nat(nodes - 1), fc.nat(nodes - 1)).filter(([from, to]) => from < to),
      { selector: ([from, to]) => `${from}>${to}`, maxLength: 120 },
    ),
  }),
);
const edgesOf = (pairs: readonly (readonly [number, number])[]) => pairs.map(([from, to]) => ({ from, to, kind: 'success' as const }));

describe('the graph', () => {
  test('gives back its edges from both ends', () => {
    fc.assert(
      fc.property(acyclic, ({ nodes, edges }) => {
        const graph = buildGraph(nodes, edgesOf(edges));
        const out = Array.from({ length: nodes }, (_, row) => [...successors(graph, row)].map((next) => `${row}>${next.row}`)).flat();
        const back = Array.from({ length: nodes }, (_, row) => [...predecessors(graph, row)].map((before) => `${before}>${row}`)).flat();
        const wanted = edges.map(([from, to]) => `${from}>${to}`).sort();
        expect(out.sort()).toEqual(wanted);
        expect(back.sort()).toEqual(wanted);
      }),
    );
  });

  test('orders every row after those before it', () => {
    fc.assert(
      fc.property(acyclic, ({ nodes, edges }) => {
        const order = [...topologicalOrder(buildGraph(nodes, edgesOf(edges)))];
        expect(order).toHaveLength(nodes);
        for (const [from, to] of edges) expect(order.indexOf(from)).toBeLessThan(order.indexOf(to));
      }),
    );
  });

  test('refuses a cycle and an edge to nowhere', () => {
    expect(() =>
      buildGraph(
        2,
        edgesOf([
          [0, 1],
          [1, 0],
        ]),
      ),
    ).toThrow('cycle');
    expect(() => buildGraph(1, edgesOf([[0, 1]]))).toThrow('leaves the graph');
  });

  test('finds everything downstream, itself left out', () => {
    expect(
      downstream(
        buildGraph(
          4,
          edgesOf([
            [0, 1],
            [1, 2],
            [0, 3],
          ]),
        ),
        0,
      ).sort(),
    ).toEqual([1, 2, 3]);
  });
});

describe('the index of names', () => {
  test('finds each name and no other', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 300 }), fc.string(), (names, other) => {
        const index = new NameIndex(TextColumn.of(names));
        names.forEach((name, row) => {
          expect(index.find(name)).toBe(row);
        });
        if (!names.includes(other)) expect(index.find(other)).toBe(-1);
      }),
    );
  });

  test('refuses two equal names', () => {
    expect(() => new NameIndex(TextColumn.of(['a', 'b', 'a']))).toThrow('two tasks are named a');
  });
});
