/**
 * `tag_ids` as stored: a JSON array of integers, `[1,3,10]`. NULL counts as no
 * tags. Undefined: hand-made text that is something else.
 */
export function parseTagIds(text: string | null): number[] | undefined {
  if (text === null) return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (value === null) return [];
  if (!Array.isArray(value)) return undefined;
  const ids: number[] = [];
  for (const id of value as unknown[]) {
    // An integer beyond 2^53 would come back as another one, so it is not read at all.
    if (typeof id !== 'number' || !Number.isSafeInteger(id)) return undefined;
    ids.push(id);
  }
  return ids;
}

/** The canonical text: numeric order, each once, no spaces. */
export function formatTagIds(ids: Iterable<number>): string {
  return `[${[...new Set(ids)].sort((a, b) => a - b).join(',')}]`;
}
