/** What lies up- and downstream of a node. Pure. */
type Edge = { readonly from: string; readonly to: string };

/** All nodes on a way through one of the given nodes, themselves included. */
export function pathThrough(selected: readonly string[], edges: readonly Edge[]): ReadonlySet<string> {
  const down = new Map<string, string[]>();
  const up = new Map<string, string[]>();
  for (const { from, to } of edges) {
    link(down, from, to);
    link(up, to, from);
  }
  const found = new Set(selected);
  for (const links of [down, up]) {
    const seen = new Set(selected);
    const queue = [...selected];
    for (let at = 0; at < queue.length; at += 1) {
      for (const next of links.get(queue[at]!) ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        found.add(next);
        queue.push(next);
      }
    }
  }
  return found;
}

function link(links: Map<string, string[]>, from: string, to: string): void {
  const list = links.get(from);
  if (list === undefined) links.set(from, [to]);
  else list.push(to);
}
