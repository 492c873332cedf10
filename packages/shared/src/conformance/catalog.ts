/** The catalogue of a case: `{"fields", "lists", "tables", "tags"}`. */
import type { CatalogField, EventTable, FieldCatalog, FieldType, NamedList, ScalarType, StoredForm } from '../fields.ts';
import { isList, type Json, JsonNumber, type JsonObject } from '../rules/json.ts';
import { KEY_FIELD } from '../rules/key-leaves.ts';
import type { Row } from '../rules/wide/world.ts';
import type { Cell } from '../rules/values.ts';
import { CaseProblem, entriesIn, idIn, listIn, objectIn, textIn } from './case-json.ts';

/** Table that the user's columns are in. */
export const USER_TABLE = 'users';

const PLAIN_TYPES: readonly string[] = ['string', 'int64', 'double', 'boolean', 'date', 'timestamp'];

/** `decimal(20,8)`, `array<string>` and so on. */
export function parseType(text: string): FieldType {
  const array = /^array<(.+)>$/.exec(text);
  if (array !== null) return { kind: 'array', of: parseType(array[1] ?? '') as ScalarType };
  const decimal = /^decimal\((\d+),(\d+)\)$/.exec(text);
  if (decimal !== null) return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) };
  if (!PLAIN_TYPES.includes(text)) throw new CaseProblem(`\`${text}\` is no type of a field`);
  return { kind: text } as ScalarType;
}

const STORED_FORMS: readonly string[] = ['text', 'double', 'int64', 'local'];

function storedForm(value: Json | undefined): StoredForm | undefined {
  if (value === undefined) return undefined;
  const text = textIn(value, 'stored');
  if (!STORED_FORMS.includes(text)) throw new CaseProblem(`\`${text}\` is no stored form`);
  return text as StoredForm;
}

function readField(table: string, name: string, declared: Json): CatalogField {
  const base = { table, name, nullable: true };
  if (typeof declared === 'string') return { ...base, type: parseType(declared) };
  const form = objectIn(declared, name);
  const [stored, zone] = [storedForm(form.get('stored')), form.get('zone')];
  return {
    ...base,
    type: parseType(textIn(form.get('type'), 'type')),
    ...(stored === undefined ? {} : { stored }),
    ...(zone === undefined ? {} : { zone: textIn(zone, 'zone') }),
  };
}

function readList(name: string, declared: Json): NamedList {
  const form = objectIn(declared, name);
  const type = parseType(textIn(form.get('type'), 'type'));
  if (type.kind !== 'string' && type.kind !== 'int64') throw new CaseProblem(`the list \`${name}\` is neither of string nor of int64`);
  return { name, type, values: listIn(form.get('values'), 'values').map((value) => idIn(value, 'values')) };
}

function readTable(name: string, declared: Json): EventTable {
  const form = objectIn(declared, name);
  const partitions = textIn(form.get('partitions'), 'partitions');
  if (partitions !== 'snapshot' && partitions !== 'daily') throw new CaseProblem(`the table \`${name}\` is neither snapshot nor daily`);
  const columns = entriesIn(form.get('columns'), 'columns').map(([column, type]) => readField(name, column, type));
  const time = textIn(form.get('time'), 'time');
  if (!columns.some((column) => column.name === time)) throw new CaseProblem(`the table \`${name}\` has no column \`${time}\``);
  return { name, columns, time, partitions };
}

/** Reads a catalogue; a user's key is always there, as a text where it is not declared. */
export function readCatalog(catalog: JsonObject): FieldCatalog {
  const declared = entriesIn(catalog.get('fields'), 'fields').map(([name, type]) => readField(USER_TABLE, name, type));
  const keyed = declared.some((field) => field.name === KEY_FIELD);
  return {
    fields: keyed ? declared : [readField(USER_TABLE, KEY_FIELD, 'string'), ...declared],
    lists: entriesIn(catalog.get('lists'), 'lists').map(([name, list]) => readList(name, list)),
    tables: entriesIn(catalog.get('tables'), 'tables').map(([name, table]) => readTable(name, table)),
    tags: entriesIn(catalog.get('tags'), 'tags').map(([id, tag]) => {
      const reads = objectIn(tag, id).get('reads');
      return { id, reads: reads === undefined ? [] : listIn(reads, 'reads').map((each) => idIn(each, 'reads')) };
    }),
  };
}

function toCell(value: Json): Cell {
  if (value instanceof JsonNumber) return Number(value.text);
  if (isList(value)) return value.map(toCell);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  throw new CaseProblem('a cell is an object');
}

/** A row of cells. */
export const toRow = (value: Json): Row => Object.fromEntries([...objectIn(value, 'a row')].map(([name, cell]) => [name, toCell(cell)]));
