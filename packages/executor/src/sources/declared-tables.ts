/**
 * What people say of their tables, in `_catalog.json` beside them: which hold
 * events (several rows a user), with their column of time and their kind of
 * partitions, which one lists every user, and what fields mean.
 */
import { TagmillError } from '@tagmill/shared/errors';
import type { Bilingual, FieldAbout } from '@tagmill/shared/field-facts';
import type { ObjectStore } from './object-store.ts';

export interface DeclaredEvents {
  readonly time: string;
  readonly partitions: 'snapshot' | 'daily';
}

export interface DeclaredTables {
  readonly primary: string | null;
  readonly events: ReadonlyMap<string, DeclaredEvents>;
  /** By table and field. */
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, FieldAbout>>;
}

export const CATALOG_FILE = '_catalog.json';
const MOST_BYTES = 1024 * 1024;

const NOTHING: DeclaredTables = { primary: null, events: new Map(), fields: new Map() };

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
    if (!known.includes(key))
      throw wrong(`${what} has the unknown key \`${key.slice(0, 60)}\`; it takes ${known.slice(0, -1).join(', ')} and ${known.at(-1)}`);
}

function textIn(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw wrong(`${what} is no text`);
  return value;
}

const LANGUAGES = ['en', 'zh'] as const;
const MOST_CHARS = 1_000;

function wordsIn(value: unknown, what: string): Bilingual {
  const entries = objectIn(value, what);
  onlyKeys(entries, LANGUAGES, what);
  const words = Object.entries(entries).map(([language, text]) => [language, shortText(text, `\`${language}\` of ${what}`)]);
  return Object.fromEntries(words) as Bilingual;
}

function shortText(value: unknown, what: string): string {
  const text = textIn(value, what);
  if (text.length > MOST_CHARS) throw wrong(`${what} has ${text.length} characters; ${MOST_CHARS} are allowed`);
  return text;
}

/** Fields that no table has are passed over: the file may speak of more than there is today. */
function declaredFields(value: unknown): ReadonlyMap<string, ReadonlyMap<string, FieldAbout>> {
  return new Map(
    Object.entries(objectIn(value, '`fields`')).map(([table, fields]) => {
      const what = `\`fields\`.\`${table}\``;
      return [
        table,
        new Map(Object.entries(objectIn(fields, what)).map(([field, entry]) => [field, aboutField(entry, `${what}.\`${field}\``)])),
      ];
    }),
  );
}

function aboutField(value: unknown, what: string): FieldAbout {
  const entry = objectIn(value, what);
  onlyKeys(entry, ['title', 'description', 'domain'], what);
  const { title, description, domain } = entry;
  return {
    ...(title === undefined ? {} : { title: wordsIn(title, `\`title\` of ${what}`) }),
    ...(description === undefined ? {} : { description: wordsIn(description, `\`description\` of ${what}`) }),
    ...(domain === undefined ? {} : { domain: shortText(domain, `\`domain\` of ${what}`) }),
  };
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
  onlyKeys(root, ['primary', 'events', 'fields'], 'it');
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
  return { primary, events, fields: declaredFields(root['fields'] ?? {}) };
}
