/** What a rule may read in a `users` case: the tables as they are given, kept by user. */
import type { CatalogField, FieldCatalog, RunClock, ScalarType } from '../fields.ts';
import { checkWholeRule } from '../rules/check.ts';
import { instantOf, parseTime } from '../rules/instants.ts';
import { isList, isObject, type Json, type JsonObject, jsonText } from '../rules/json.ts';
import { KEY_FIELD } from '../rules/key-leaves.ts';
import type { WholeRule } from '../rules/normal.ts';
import type { Truth } from '../rules/reference.ts';
import { compareValues, readCell, type Value } from '../rules/values.ts';
import { evaluateWhole } from '../rules/wide/evaluate.ts';
import type { EventRows, Row, TagHistory, World } from '../rules/wide/world.ts';
import { CaseProblem, entriesIn, idIn, listIn, objectIn, textIn } from './case-json.ts';
import { toRow } from './catalog.ts';

export interface CaseWorld {
  readonly world: World;
  /** Every user that appears in any table, in the order of their first appearance. */
  readonly users: readonly string[];
  /** The user's row; only the key where the table of users has none. */
  rowOf(user: string): Row;
  /** Rows of users of earlier data; none where there is no such data. */
  earlierRows(since: string): readonly Row[];
  tag(id: string): TagFacts;
}

/** What a case says of a tag. */
export interface TagFacts {
  readonly excluded: ReadonlySet<string>;
  readonly included: ReadonlySet<string>;
  readonly stored: ReadonlySet<string>;
  /** It is evaluated in the run: its rule; null where that has no result. Undefined: the run leaves it alone. */
  readonly rule: WholeRule | null | undefined;
}

type RowsByUser = ReadonlyMap<string, readonly Row[]>;

function byUser(rows: Json | undefined, what: string): RowsByUser {
  const found = new Map<string, Row[]>();
  for (const value of rows === undefined ? [] : listIn(rows, what)) {
    const row = toRow(value);
    const user = row[KEY_FIELD];
    if (typeof user !== 'string' && typeof user !== 'number') throw new CaseProblem(`a row of \`${what}\` has no user_id`);
    const key = String(user);
    const known = found.get(key);
    if (known === undefined) found.set(key, [row]);
    else known.push(row);
  }
  return found;
}

interface EventData {
  readonly present: boolean | readonly string[];
  readonly rows: RowsByUser;
}

function readEvents(source: JsonObject): ReadonlyMap<string, EventData> {
  return new Map(
    entriesIn(source.get('events'), 'events').map(([table, value]) => {
      const data = objectIn(value, table);
      const present = data.get('present');
      const days = isList(present) ? present.map((day) => textIn(day, 'present')) : present === true;
      return [table, { present: days, rows: byUser(data.get('rows'), table) }];
    }),
  );
}

function instantIn(value: Json | undefined, what: string): bigint {
  const time = parseTime(textIn(value, what));
  if (time?.offsetSeconds === undefined) throw new CaseProblem(`\`${what}\` is no instant with offset`);
  return instantOf(time, 'UTC');
}

function readHistory(value: Json): TagHistory {
  const history = objectIn(value, 'history');
  return {
    begins: instantIn(history.get('begins'), 'begins'),
    spans: listIn(history.get('spans'), 'spans').map((each) => {
      const span = objectIn(each, 'spans');
      const left = span.get('left');
      return {
        user: idIn(span.get('user_id'), 'user_id'),
        entered: instantIn(span.get('entered'), 'entered'),
        left: left === undefined || left === null ? null : instantIn(left, 'left'),
      };
    }),
  };
}

const usersIn = (tag: JsonObject, key: string): ReadonlySet<string> =>
  new Set(tag.has(key) ? listIn(tag.get(key), key).map((user) => idIn(user, key)) : []);

function factsOf(id: string, tag: JsonObject, catalog: FieldCatalog): TagFacts {
  const failed = tag.get('failed') === true || tag.get('held') === true;
  const written = tag.get('rule');
  const checked = written === undefined ? undefined : checkWholeRule(jsonText(written), catalog, id);
  const rule = checked === undefined ? undefined : checked.runErrors === undefined ? checked.rule : null;
  return {
    excluded: usersIn(tag, 'excluded'),
    included: usersIn(tag, 'included'),
    stored: usersIn(tag, 'stored'),
    rule: failed ? null : rule,
  };
}

/** The state of a tag for a user, from what its rule gives. */
export function stateIn({ excluded, included, stored, rule }: TagFacts, user: string, ruled: () => Truth): Truth {
  if (excluded.has(user)) return 'F';
  if (included.has(user)) return 'T';
  if (rule === undefined) return stored.has(user) ? 'T' : 'F';
  return rule === null ? 'U' : ruled();
}

/** How the state of a tag is found. */
function stateOf(facts: TagFacts, world: () => World): (user: string) => Truth {
  const evaluated = new Map<string, Truth>();
  return (user) =>
    stateIn(facts, user, () => {
      const known = evaluated.get(user) ?? evaluateWhole(facts.rule!, user, world());
      evaluated.set(user, known);
      return known;
    });
}

const keyOfField = (field: CatalogField): string => JSON.stringify([field.table, field.name]);

/** Reads the tables of a case. Errors: CaseProblem. */
export function caseWorld(source: JsonObject, catalog: FieldCatalog, clock: RunClock): CaseWorld {
  const users = byUser(source.get('users'), 'users');
  const events = readEvents(source);
  const earlier = new Map(entriesIn(source.get('earlier'), 'earlier').map(([since, rows]) => [since, byUser(rows, since)]));
  const all = [
    ...new Set([users, ...[...events.values()].map(({ rows }) => rows), ...earlier.values()].flatMap((table) => [...table.keys()])),
  ];
  const tags = new Map(entriesIn(source.get('tags'), 'tags').map(([id, tag]) => [id, objectIn(tag, id)]));
  const states = new Map<string, (user: string) => Truth>();
  const populations = new Map<string, readonly Value[]>();
  const facts = (id: string): TagFacts => factsOf(id, tags.get(id) ?? new Map(), catalog);
  const rowOf = (user: string): Row => users.get(user)?.[0] ?? { [KEY_FIELD]: user };
  const world: World = {
    clock,
    value: (user, field) => readCell(field, rowOf(user)[field.name], clock),
    earlierValue: (since, user, field) => readCell(field, earlier.get(since)?.get(user)?.[0]?.[field.name], clock),
    events: (table): EventRows | undefined => {
      const data = events.get(table);
      return data === undefined ? undefined : { present: data.present, rowsOf: (user) => data.rows.get(user) ?? [] };
    },
    tagState(tag, user) {
      let state = states.get(tag);
      if (state === undefined) {
        state = stateOf(facts(tag), () => world);
        states.set(tag, state);
      }
      return state(user);
    },
    history: (tag) => {
      const history = tags.get(tag)?.get('history');
      return isObject(history) ? readHistory(history) : undefined;
    },
    population(field) {
      const key = keyOfField(field);
      let values = populations.get(key);
      if (values === undefined) {
        const present = all.map((user) => world.value(user, field)).filter((value) => value !== null);
        values = present.sort((a, b) => compareValues(field.type as ScalarType, a, b));
        populations.set(key, values);
      }
      return values;
    },
  };
  const earlierRows = (since: string): readonly Row[] => [...(earlier.get(since)?.values() ?? [])].flatMap((rows) => rows.slice(0, 1));
  return { world, users: all, rowOf, earlierRows, tag: facts };
}
