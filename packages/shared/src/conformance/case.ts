/** One case: a rule with all that it needs, from one line of JSON. */
import type { FieldCatalog, RunClock } from '../fields.ts';
import { makeClock } from '../rules/clock.ts';
import { isObject, type Json, type JsonObject, jsonText, parseJson } from '../rules/json.ts';
import type { Row } from '../rules/wide/world.ts';
import { CaseProblem, idIn, listIn, objectIn, textIn } from './case-json.ts';
import { readCatalog, toRow } from './catalog.ts';

interface RuleCase {
  readonly id: string;
  readonly catalog: FieldCatalog;
  /** JSON text of the rule. */
  readonly rule: string;
}

export interface CheckCase extends RuleCase {
  readonly kind: 'check';
  /** The tag that is being saved. */
  readonly tag?: string;
}

export interface RowsCase extends RuleCase {
  readonly kind: 'row' | 'rows';
  readonly clock: RunClock;
  readonly rows: readonly Row[];
  /** The same rows as they were written. */
  readonly written: readonly Json[];
}

export interface UsersCase extends RuleCase {
  readonly kind: 'users';
  readonly clock: RunClock;
  /** The whole case: its tables are read by `caseWorld`. */
  readonly source: JsonObject;
}

export interface BucketCase {
  readonly id: string;
  readonly kind: 'bucket';
  readonly salt: string;
  readonly userId: string;
}

export type ConformanceCase = CheckCase | RowsCase | UsersCase | BucketCase;

function readClock(source: JsonObject): RunClock {
  const [asOf, zone] = [textIn(source.get('asOf'), 'asOf'), textIn(source.get('zone'), 'zone')];
  return makeClock({ asOf, businessDate: asOf.slice(0, 10), zone });
}

const catalogs = new Map<string, FieldCatalog>();
const KEPT_CATALOGS = 100;

/** Equal catalogues are one, so that an engine can see which cases share one. */
function sharedCatalog(value: Json | undefined): FieldCatalog {
  const text = jsonText(objectIn(value, 'catalog'));
  let catalog = catalogs.get(text);
  if (catalog === undefined) {
    catalog = readCatalog(objectIn(value, 'catalog'));
    if (catalogs.size >= KEPT_CATALOGS) catalogs.clear();
    catalogs.set(text, catalog);
  }
  return catalog;
}

/**
 * Reads a case.
 *
 * @throws CaseProblem, TagmillError USAGE for a clock that cannot be made
 */
export function toCase(source: JsonObject): ConformanceCase {
  const id = idIn(source.get('id'), 'id');
  const kind = textIn(source.get('kind'), 'kind');
  if (kind === 'bucket') {
    return { id, kind, salt: textIn(source.get('salt'), 'salt'), userId: idIn(source.get('user_id'), 'user_id') };
  }
  if (!source.has('rule')) throw new CaseProblem('there is no `rule`');
  const base = { id, catalog: sharedCatalog(source.get('catalog')), rule: jsonText(source.get('rule') ?? null) };
  switch (kind) {
    case 'check': {
      const tag = source.get('tag');
      return tag === undefined || tag === null ? { ...base, kind } : { ...base, kind, tag: idIn(tag, 'tag') };
    }
    case 'row':
    case 'rows': {
      const written = kind === 'row' ? [source.get('row') ?? null] : listIn(source.get('rows'), 'rows');
      return { ...base, kind, clock: readClock(source), rows: written.map(toRow), written };
    }
    case 'users':
      return { ...base, kind, clock: readClock(source), source };
    default:
      throw new CaseProblem(`no kind \`${kind.slice(0, 40)}\`: it is row, rows, users, check or bucket`);
  }
}

/** A line as an object; a key that comes twice in it is left to `readLine`. Errors: JsonProblem, CaseProblem. */
export function parseLine(line: string, duplicates: 'refuse' | 'last'): JsonObject {
  const value = parseJson(line, duplicates);
  if (!isObject(value)) throw new CaseProblem('a case is a JSON object');
  return value;
}
