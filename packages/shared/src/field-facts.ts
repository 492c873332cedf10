/** What is known of fields beside their types: what people say of them, what the files say of their values, and how both differ from the data before. */

export interface Bilingual {
  readonly en?: string;
  readonly zh?: string;
}

/** From `_catalog.json` beside the tables. */
export interface FieldAbout {
  readonly title?: Bilingual;
  readonly description?: Bilingual;
  /** Area that the field belongs to, in the words of the installation. */
  readonly domain?: string;
}

/** A field of the tables of a plan; null: the footers do not say, or do not say it of every file. */
export interface FieldFacts {
  readonly table: string;
  readonly field: string;
  readonly type: string;
  readonly rows: number;
  readonly nulls: number | null;
  /** Smallest and largest value, as text: numbers, days, instants. */
  readonly min: string | null;
  readonly max: string | null;
  readonly about?: FieldAbout;
}

export const DRIFT_KINDS = ['appeared', 'vanished', 'type', 'nulls', 'range'] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

/** `before` and `after` are types, shares of missing values, or ranges; null where there is no such field. */
export interface FieldChange {
  readonly table: string;
  readonly field: string;
  readonly kind: DriftKind;
  readonly before: string | null;
  readonly after: string | null;
}

/** How the fields of a plan differ from those of the run planned before it over the same place. */
export interface FieldDrift {
  readonly runId: string;
  readonly businessDate: string;
  readonly changes: readonly FieldChange[];
}

/** Changes that are told, at most: of tables of thousands of fields the rest is more of the same. */
const MOST_CHANGES = 200;
/** By so much the share of missing values may move. */
const NULLS_MOVE = 0.05;
/** Days by which a range of days may move beside the time between the two dates. */
const DAYS_MOVE = 7;

/** @param unreadable tables that one of the two could not read: of these nothing is told */
export function fieldChanges(
  before: readonly FieldFacts[],
  after: readonly FieldFacts[],
  unreadable: ReadonlySet<string>,
  days: number,
): readonly FieldChange[] {
  const keyOf = ({ table, field }: FieldFacts): string => `${table}\n${field}`;
  const old = new Map(before.map((one) => [keyOf(one), one]));
  const now = new Map(after.map((one) => [keyOf(one), one]));
  const changes: FieldChange[] = [];
  for (const [key, one] of old) {
    if (!now.has(key)) changes.push({ ...placeOf(one), kind: 'vanished', before: one.type, after: null });
  }
  for (const [key, one] of now) {
    const was = old.get(key);
    if (was === undefined) changes.push({ ...placeOf(one), kind: 'appeared', before: null, after: one.type });
    else changes.push(...changesOf(was, one, days));
  }
  return changes.filter(({ table }) => !unreadable.has(table)).slice(0, MOST_CHANGES);
}

const placeOf = ({ table, field }: FieldFacts) => ({ table, field });

function changesOf(was: FieldFacts, is: FieldFacts, days: number): FieldChange[] {
  const place = placeOf(is);
  if (was.type !== is.type) return [{ ...place, kind: 'type', before: was.type, after: is.type }];
  const changes: FieldChange[] = [];
  const [before, after] = [shareOf(was), shareOf(is)];
  if (before !== null && after !== null && Math.abs(after - before) >= NULLS_MOVE)
    changes.push({ ...place, kind: 'nulls', before: percent(before), after: percent(after) });
  if (hasMoved(was, is, days)) changes.push({ ...place, kind: 'range', before: rangeOf(was), after: rangeOf(is) });
  return changes;
}

const shareOf = ({ rows, nulls }: FieldFacts): number | null => (nulls === null || rows === 0 ? null : nulls / rows);
const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`;
const rangeOf = ({ min, max }: FieldFacts): string => `${min} … ${max}`;

/** An end has moved by more than the range was wide. */
function hasMoved(was: FieldFacts, is: FieldFacts, days: number): boolean {
  const ends = [was.min, was.max, is.min, is.max].map((text) => (text === null ? null : numberOf(text, is.type)));
  const [oldMin, oldMax, newMin, newMax] = ends;
  if (oldMin == null || oldMax == null || newMin == null || newMax == null) return false;
  const slack = oldMax - oldMin + (isTime(is.type) ? Math.abs(days) + DAYS_MOVE : 0);
  return Math.abs(newMin - oldMin) > slack || Math.abs(newMax - oldMax) > slack;
}

const isTime = (type: string): boolean => type === 'date' || type === 'timestamp';

/** Numbers as they are, times in days; null for what has no distance. */
function numberOf(text: string, type: string): number | null {
  if (isTime(type)) {
    const ms = Date.parse(type === 'date' ? `${text}T00:00:00Z` : text);
    return Number.isNaN(ms) ? null : ms / 86_400_000;
  }
  if (type !== 'int64' && type !== 'double' && !type.startsWith('decimal')) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/** One line for a person: `users.age has vanished (int64)`. */
export function changeSentence({ table, field, kind, before, after }: FieldChange): string {
  const name = `${table}.${field}`;
  switch (kind) {
    case 'appeared':
      return `${name} is new (${after})`;
    case 'vanished':
      return `${name} has vanished (${before})`;
    case 'type':
      return `${name} was ${before} and is ${after}`;
    case 'nulls':
      return `missing in ${name}: ${before} before, ${after} now`;
    case 'range':
      return `the range of ${name} was ${before} and is ${after}`;
  }
}

/** Lines told of a drift, at most; the rest is counted. */
const MOST_TOLD = 8;

/** All of a drift in one line, for a run's story and notes. */
export function driftSentence({ runId, businessDate, changes }: FieldDrift): string {
  const told = changes.slice(0, MOST_TOLD).map(changeSentence).join('; ');
  const more = changes.length > MOST_TOLD ? `; and ${changes.length - MOST_TOLD} more` : '';
  return `the fields are not those of run ${runId} (${businessDate}): ${told}${more}`;
}
