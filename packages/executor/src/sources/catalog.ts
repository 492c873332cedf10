/** One catalogue from the footers of many files: drift between files is widened, filled with NULL, or told. */
import type { CatalogField, FieldType, ScalarType, StoredForm } from '@tagmill/shared/fields';
import { typeName } from '@tagmill/shared/fields';
import type { Footer } from './footer.ts';

const MAX_DECIMAL_DIGITS = 38;

interface Seen {
  readonly name: string;
  files: number;
  required: boolean;
  type?: FieldType;
  stored?: StoredForm;
  unusable?: string;
  /** Why no file gives a type, unless one does. */
  untyped?: string;
}

/** Fields of a table, in the order in which its files first name them. */
export function tableFields(table: string, footers: readonly Footer[]): { fields: CatalogField[]; notes: string[] } {
  const seen = new Map<string, Seen>();
  const notes: string[] = [];
  for (const footer of footers) {
    for (const column of footer.columns) {
      const known: Seen = seen.get(column.name) ?? { name: column.name, files: 0, required: true };
      seen.set(column.name, known);
      known.files += 1;
      known.required = known.required && column.required;
      if ('unusable' in column) {
        if (column.untyped) known.untyped = column.unusable;
        else known.unusable ??= column.unusable;
      } else merge(known, column.type, column.stored);
    }
  }
  markTwins(seen);
  const fields: CatalogField[] = [];
  for (const one of seen.values()) {
    if (one.type === undefined && one.untyped !== undefined) one.unusable ??= one.untyped;
    const absent = footers.length - one.files;
    if (one.unusable !== undefined && one.type !== undefined) notes.push(`${table}.${one.name} cannot be used in a rule: ${one.unusable}`);
    if (absent > 0) notes.push(`${table}.${one.name} is missing in ${absent} of ${footers.length} files and counts as NULL there`);
    fields.push({
      table,
      name: one.name,
      type: one.type ?? { kind: 'string' },
      ...(one.stored === undefined ? {} : { stored: one.stored }),
      ...(one.unusable === undefined ? {} : { unusable: one.unusable }),
      nullable: absent > 0 || !one.required,
    });
  }
  return { fields, notes };
}

/** Names that differ only in case are one to the engine, even when they are in different files. */
function markTwins(seen: ReadonlyMap<string, Seen>): void {
  const byFolded = new Map<string, Seen[]>();
  for (const one of seen.values()) {
    const folded = one.name.toLowerCase();
    byFolded.set(folded, [...(byFolded.get(folded) ?? []), one]);
  }
  for (const twins of byFolded.values()) {
    if (twins.length > 1)
      for (const twin of twins) twin.unusable ??= `one of ${twins.map((one) => one.name).join(' and ')}, which differ only in case`;
  }
}

function merge(known: Seen, type: FieldType, stored: StoredForm | undefined): void {
  if (known.type === undefined) {
    known.type = type;
    if (stored !== undefined) known.stored = stored;
    return;
  }
  const wider = known.stored === stored ? widen(known.type, type) : undefined;
  if (wider !== undefined) {
    known.type = wider;
    return;
  }
  const describe = (one: FieldType, form: StoredForm | undefined): string => (form === 'local' ? 'a local timestamp' : typeName(one));
  known.unusable ??= `${describe(known.type, known.stored)} in some files and ${describe(type, stored)} in others`;
}

/** The type that holds the values of both exactly, of the same family; undefined when there is none. */
function widen(a: FieldType, b: FieldType): FieldType | undefined {
  if (a.kind === 'array' || b.kind === 'array') {
    if (a.kind !== 'array' || b.kind !== 'array') return undefined;
    const of = widen(a.of, b.of);
    return of === undefined || of.kind === 'array' ? undefined : { kind: 'array', of };
  }
  if (a.kind === 'decimal' && b.kind === 'decimal') return widenDecimals(a, b);
  return a.kind === b.kind ? a : undefined;
}

type Decimal = Extract<ScalarType, { kind: 'decimal' }>;

function widenDecimals(a: Decimal, b: Decimal): Decimal | undefined {
  const scale = Math.max(a.scale, b.scale);
  const precision = Math.max(a.precision - a.scale, b.precision - b.scale) + scale;
  return precision > MAX_DECIMAL_DIGITS ? undefined : { kind: 'decimal', precision, scale };
}
