/** Lays a graph out beside the page's own thread. */
import { type LayoutInput, layoutGraph } from './layout.ts';

self.onmessage = (event: MessageEvent<{ readonly key: string; readonly input: LayoutInput }>) => {
  self.postMessage({ key: event.data.key, layout: layoutGraph(event.data.input) });
};
