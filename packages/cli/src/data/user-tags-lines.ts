/** Lines of a `user-tags export`. Pure. */

export type ExportFormat = 'csv' | 'jsonl';

/** The head of a CSV file by RFC 4180, lines end with CRLF; JSON Lines have none. */
export const headOf = (format: ExportFormat): string => (format === 'csv' ? 'user_id,tag_ids\r\n' : '');

/** One user. `tagIds` as stored; it is written canonically: numeric order, no spaces, no repeats. */
export function lineOf(format: ExportFormat, userId: string, tagIds: string | null): string {
  const canonical = canonicalTagIds(tagIds);
  if (format === 'jsonl') return `{"user_id":${JSON.stringify(userId)},"tag_ids":${canonical}}\n`;
  return `${csvField(userId)},${csvField(canonical)}\r\n`;
}

/** A field is quoted when a reader could take it for something else. */
function csvField(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The set of tags as `[1,3,10]`; a stored text that is no list of numbers is given as it is, as a JSON text. */
export function canonicalTagIds(stored: string | null): string {
  if (stored === null) return '[]';
  let value: unknown;
  try {
    value = JSON.parse(stored);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return JSON.stringify(stored);
  }
  if (value === null) return '[]';
  if (!Array.isArray(value)) return JSON.stringify(stored);
  const ids = value.map((item: unknown) => (typeof item === 'string' && /^\d+$/.test(item) ? Number(item) : item));
  if (!ids.every((item): item is number => typeof item === 'number' && Number.isSafeInteger(item))) return JSON.stringify(value);
  return JSON.stringify([...new Set(ids)].sort((a, b) => a - b));
}
