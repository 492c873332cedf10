/** The layout of a run's graph, made in a worker and kept while the graph's shape is the same. */
import type { EdgeRecord, InstanceRecord } from '@tagmill/shared/feed/views';
import { DOMAINS } from '@tagmill/shared/words';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type Layout, type LayoutInput, layoutGraph } from './layout.ts';

/** What of an instance decides its place; its state does not. */
export function layoutInput(instances: readonly InstanceRecord[], edges: readonly EdgeRecord[]): LayoutInput {
  return {
    nodes: instances.map((one) => ({
      id: one.id,
      kind: one.handler === 'plan' || one.handler === 'report' ? one.handler : 'task',
      lane: one.domain ?? 'other',
      order: one.tagId ?? Number.MAX_SAFE_INTEGER,
    })),
    edges,
    laneOrder: DOMAINS,
  };
}

const shapeOf = (input: LayoutInput): string =>
  JSON.stringify([input.nodes.map((node) => [node.id, node.kind, node.lane, node.order]), input.edges.map((edge) => [edge.from, edge.to])]);

export function useLayout(instances: Readonly<Record<string, InstanceRecord>>, edges: Readonly<Record<string, EdgeRecord>>): Layout | null {
  const ids = Object.keys(instances).length;
  const input = useMemo(() => layoutInput(Object.values(instances), Object.values(edges)), [instances, edges]);
  const shape = useMemo(() => shapeOf(input), [input]);
  const [done, setDone] = useState<{ key: string; layout: Layout } | null>(null);
  const worker = useRef<Worker | null>(null);
  const latest = useRef(input);
  latest.current = input;
  useEffect(() => {
    try {
      worker.current = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    } catch {
      // Some embedded browsers have no module workers; the layout is then made right here.
      worker.current = null;
    }
    return () => worker.current?.terminate();
  }, []);
  useEffect(() => {
    if (ids === 0) return;
    if (worker.current === null) {
      setDone({ key: shape, layout: layoutGraph(latest.current) });
      return;
    }
    worker.current.onmessage = (event: MessageEvent<{ key: string; layout: Layout }>) => setDone(event.data);
    worker.current.postMessage({ key: shape, input: latest.current });
  }, [shape, ids]);
  return ids === 0 ? null : (done?.layout ?? null);
}
