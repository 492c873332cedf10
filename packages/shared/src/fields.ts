/**
 * Types of fields and the field catalogue (design: rules.md 5, operators.md 2).
 * The catalogue is built from the tables' footers and types every rule.
 */
export type ScalarType =
  | { readonly kind: 'string' }
  | { readonly kind: 'int64' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'double' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'date' }
  | { readonly kind: 'timestamp' };

export type FieldType = ScalarType | { readonly kind: 'array'; readonly of: ScalarType };

/**
 * How a column lies in a file, when that is not its declared type:
 * `text`, `double` or `int64` values that are read as the declared type, and
 * `local`, a timestamp without zone.
 */
export type StoredForm = 'text' | 'double' | 'int64' | 'local';

export interface CatalogField {
  /** Table that the column is in. */
  readonly table: string;
  readonly name: string;
  readonly type: FieldType;
  readonly stored?: StoredForm;
  /** IANA zone of a `local` column; the run's zone when absent. */
  readonly zone?: string;
  /** Why a column of this name cannot be used in a rule (a map, a struct, a time ...). */
  readonly unusable?: string;
  readonly nullable: boolean;
}

/** A named list that was uploaded: values of `in_list` and `not_in_list`. */
export interface NamedList {
  readonly name: string;
  readonly type: ScalarType & { readonly kind: 'string' | 'int64' };
  /** Exact texts, integers in decimal digits; none where it is a long list, whose content is looked up by its hash. */
  readonly values: readonly string[];
  readonly hash?: string;
  /** Number of values; that of `values` when absent. */
  readonly count?: number;
}

/** A table with several rows for a user: what aggregates count. */
export interface EventTable {
  readonly name: string;
  /** Their `table` is this one's name. */
  readonly columns: readonly CatalogField[];
  /** Column of date or timestamp by which windows are cut. */
  readonly time: string;
  /** `snapshot`: each partition has all rows; `daily`: each has those of its day. */
  readonly partitions: 'snapshot' | 'daily';
}

/** A tag that rules may name. */
export interface CatalogTag {
  /** Decimal digits. */
  readonly id: string;
  /** Tags that its live rule reads the state of. */
  readonly reads: readonly string[];
}

export interface FieldCatalog {
  readonly fields: readonly CatalogField[];
  readonly lists?: readonly NamedList[];
  readonly tables?: readonly EventTable[];
  readonly tags?: readonly CatalogTag[];
  /** The table that has every user: those without any event are found by it. */
  readonly primary?: string;
}

/** The frozen clock of a run: nothing else may tell the time to a rule. */
export interface RunClock {
  /** The instant, RFC 3339 in UTC with microseconds: `2026-11-22T15:59:59.999999Z`. */
  readonly asOf: string;
  /** Date of `asOf` in the zone: `2026-11-22`. */
  readonly today: string;
  /** IANA zone, `Asia/Shanghai`. */
  readonly zone: string;
}

/** `decimal(20,8)`, `array<string>` and so on, as people and the corpus write it. */
export function typeName(type: FieldType): string {
  if (type.kind === 'decimal') return `decimal(${type.precision},${type.scale})`;
  if (type.kind === 'array') return `array<${typeName(type.of)}>`;
  return type.kind;
}
