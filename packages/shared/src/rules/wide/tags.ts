/** What the operators over tags share: reading a tag's id, and the graph of tags that read each other. */
import type { CatalogIndex } from '../catalog-index.ts';
import type { CheckContext, NodeFaults } from '../check-context.ts';
import type { JsonObject } from '../json.ts';
import { whole } from '../operand.ts';
import { operandOf } from './check-wide.ts';

const tagId = whole('the id of a tag', 1, Number.MAX_SAFE_INTEGER);

/** The tag that a condition names; null where there is none, which is told. */
export function readTag(node: JsonObject, operator: string, faults: NodeFaults, context: CheckContext): string | null {
  const id = tagId.read(node.get('value'), operandOf(operator, faults));
  if (typeof id !== 'string') return null;
  if (context.catalog === null || context.catalog.tags.has(id)) return id;
  faults.fail('TAG_UNKNOWN', '/value', `no tag ${id}`);
  return null;
}

/** A way from one tag to another along what their rules read; null where there is none. */
function wayTo(from: string, to: string, tags: CatalogIndex['tags']): readonly string[] | null {
  const ways = new Map<string, readonly string[]>([[from, [from]]]);
  for (const [tag, way] of ways) {
    if (tag === to) return way;
    for (const next of tags.get(tag)?.reads ?? []) if (!ways.has(next)) ways.set(next, [...way, next]);
  }
  return null;
}

/** Tells a tag that would read its own state, directly or by others. */
export function refuseCycle(read: string, faults: NodeFaults, context: CheckContext): void {
  if (context.tag === undefined || context.catalog === null) return;
  const way = wayTo(read, context.tag, context.catalog.tags);
  if (way !== null) faults.fail('TAG_CYCLE', '/value', `the tag would read itself: ${[context.tag, ...way].join(' → ')}`);
}
