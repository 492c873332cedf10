/** What the palette can go to or do, and which of it fits what was typed. Pure. */

export interface Entry {
  readonly id: string;
  /** What is matched and shown. */
  readonly label: string;
  /** Beside the label: which kind it is. */
  readonly hint: string;
  readonly kind: 'page' | 'tag' | 'run' | 'task' | 'action' | 'user';
}

export const MOST_ENTRIES = 12;

/** Every word that was typed must be in the label or the hint; those whose label begins with the first word come first. */
export function fitting<T extends Entry>(entries: Iterable<T>, typed: string, most = MOST_ENTRIES): readonly T[] {
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const first: T[] = [];
  const others: T[] = [];
  for (const entry of entries) {
    const label = entry.label.toLowerCase();
    const text = `${label} ${entry.hint.toLowerCase()}`;
    if (!words.every((word) => text.includes(word))) continue;
    (words[0] !== undefined && label.startsWith(words[0]) ? first : others).push(entry);
    if (first.length >= most) break;
  }
  return [...first, ...others].slice(0, most);
}
