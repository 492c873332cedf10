/**
 * What people say of their tables, in `_catalog.json` beside them: which hold
 * events (several rows a user), with their column of time and their kind of
 * partitions, and which one lists every user.
 */
import { TagmillError } from '@tagmill/shared/errors';
import type { ObjectStore } from './object-store.ts';

export interface DeclaredEvents {
  readonly time: string;
  readonly partitions: 'snapshot' | 'daily';
}

export interface DeclaredTables {
  readonly primary: string | null;
  readonly events: ReadonlyMap<string, DeclaredEvents>;
}

export const CATALOG_FILE = '_catalog.json';
const MOST_BYTES = 1024 * 1024;

const NOTHING: DeclaredTables = { primary: null, events: new Map() };

/** Errors: CONFIG_INVALID when the file is there and says something else than it may; those of the store. */
export async function declaredTables(store: ObjectStore, signal?: AbortSignal): Promise<DeclaredTables> {
  const object = await store.head(CATALOG_FILE, signal);
  if (object === undefined) return NOTHING;
  if (object.sizeBytes > MOST_BYTES) throw wrong(`it has ${object.sizeBytes} bytes; ${MOST_BYTES} are allowed`);
  if (object.sizeBytes === 0) throw wrong('it is empty');
  return parseDeclared(new TextDecoder().decode(await store.readRange(object, 0, object.sizeBytes, signal)));
}

const wrong = (what: string): TagmillError =>
  new TagmillError('CONFIG_INVALID', `${CATALOG_FILE} beside the tables cannot be used: ${what}`, { file: CATALOG_FILE });

type Entries = Readonly<Record<string, unknown>>;

function objectIn(value: unknown, what: string): Entries {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(`${what} is no object`);
  return value as Entries;
}

function onlyKeys(entries: Entries, known: readonly string[], what: string): void {
  for (const key of Object.keys(entries))
    if (!known.includes(key)) throw wrong(`${what} has the unknown key \`${key.slice(0, 60)}\`; it takes ${known.join(' and ')}`);
}

function textIn(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw wrong(`${what} is no text`);
  return value;
}

/** Errors: CONFIG_INVALID. */
export function parseDeclared(text: string): DeclaredTables {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    throw wrong(`it is no JSON (${thrown instanceof Error ? thrown.message : String(thrown)})`);
  }
  const root = objectIn(json, 'it');
  onlyKeys(root, ['primary', 'events'], 'it');
  const events = new Map<string, DeclaredEvents>();
  for (const [table, value] of Object.entries(objectIn(root['events'] ?? {}, '`events`'))) {
    const what = `\`events\`.\`${table}\``;
    const entry = objectIn(value, what);
    onlyKeys(entry, ['time', 'partitions'], what);
    const { partitions } = entry;
    if (partitions !== 'snapshot' && partitions !== 'daily') throw wrong(`\`partitions\` of ${what} is \`snapshot\` or \`daily\``);
    events.set(table, { time: textIn(entry['time'], `\`time\` of ${what}, a column of date or timestamp,`), partitions });
  }
  const primary = root['primary'] === undefined ? null : textIn(root['primary'], '`primary`');
  if (primary !== null && events.has(primary)) throw wrong(`\`primary\` is ${primary}, which \`events\` names too; it is a table of users`);
  return { primary, events };
}
