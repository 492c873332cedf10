/** What a Parquet column is to a rule, and the name that DuckDB gives its type (design: data-plane.md "Types"). */
import type { FieldType, ScalarType, StoredForm } from '@tagmill/shared/fields';
import type { SchemaElement, SchemaTree } from 'hyparquet';

export interface UsableColumn {
  readonly name: string;
  readonly type: FieldType;
  readonly storedType: string;
  readonly stored?: StoredForm;
  readonly required: boolean;
}

export interface UnusableColumn {
  readonly name: string;
  readonly unusable: string;
  /** The file gives no type because all values are NULL: other files may. */
  readonly untyped?: true;
  readonly required: boolean;
}

export type ParquetColumn = UsableColumn | UnusableColumn;

interface Scalar {
  readonly type: ScalarType;
  readonly storedType: string;
  readonly stored?: StoredForm;
}

const scalar = (type: ScalarType, storedType: string, stored?: StoredForm): Scalar =>
  stored === undefined ? { type, storedType } : { type, storedType, stored };
const INT64 = { kind: 'int64' } as const;
const STRING = { kind: 'string' } as const;
/** Kinds that arrays may hold (operators.md 2). */
const ELEMENT_KINDS: readonly string[] = ['string', 'int64', 'decimal', 'date'];
const MAX_DECIMAL_DIGITS = 38;

/** The columns of a file's root, in file order. */
export function columnsOf(root: SchemaTree): ParquetColumn[] {
  return root.children.map(columnOf);
}

function columnOf(node: SchemaTree): ParquetColumn {
  const { element } = node;
  const name = element.name;
  const required = element.repetition_type === 'REQUIRED';
  if (element.logical_type?.type === 'NULL') return { name, unusable: 'NULL in every row, without a type', untyped: true, required };
  const found = node.children.length > 0 || element.repetition_type === 'REPEATED' ? nestedType(node) : scalarType(element);
  if (typeof found === 'string') return { name, unusable: found, required };
  return { name, required, ...found };
}

function nestedType(node: SchemaTree): { type: FieldType; storedType: string } | string {
  const { element } = node;
  if (element.converted_type === 'MAP' || element.converted_type === 'MAP_KEY_VALUE' || element.logical_type?.type === 'MAP')
    return 'a map';
  const item = elementOf(node);
  if (item === undefined) return 'a struct';
  if (item.children.length > 0) return elementOf(item) === undefined ? 'a list of structs' : 'a list of lists';
  const of = scalarType(item.element);
  if (typeof of === 'string') return `a list of values that are ${of}`;
  if (!ELEMENT_KINDS.includes(of.type.kind)) return `a list of ${of.type.kind} values`;
  return { type: { kind: 'array', of: of.type }, storedType: `${of.storedType}[]` };
}

/**
 * The element of a list, in its three forms: a group marked LIST around a
 * repeated group of one field, a group marked LIST around a repeated field, and
 * a bare repeated field. Undefined when the node is no list.
 */
function elementOf(node: SchemaTree): SchemaTree | undefined {
  const { element, children } = node;
  if (element.repetition_type === 'REPEATED' && children.length === 0) return node;
  const isList = element.converted_type === 'LIST' || element.logical_type?.type === 'LIST';
  const repeated = children[0];
  if (!isList || children.length !== 1 || repeated?.element.repetition_type !== 'REPEATED') return undefined;
  return repeated.children.length === 1 ? repeated.children[0] : repeated;
}

function scalarType(element: SchemaElement): Scalar | string {
  const logical = element.logical_type;
  if (logical?.type === 'DECIMAL' || element.converted_type === 'DECIMAL') return decimalType(element);
  switch (element.type) {
    case 'BOOLEAN':
      return scalar({ kind: 'boolean' }, 'BOOLEAN');
    case 'INT32':
      return int32Type(element);
    case 'INT64':
      return int64Type(element);
    case 'INT96':
      return scalar({ kind: 'timestamp' }, 'TIMESTAMP');
    case 'FLOAT':
      return scalar({ kind: 'double' }, 'FLOAT');
    case 'DOUBLE':
      return scalar({ kind: 'double' }, 'DOUBLE');
    case 'BYTE_ARRAY':
      return byteArrayType(element);
    default:
      if (logical?.type === 'UUID') return 'a UUID';
      if (element.converted_type === 'INTERVAL') return 'an interval';
      if (logical?.type === 'FLOAT16') return scalar({ kind: 'double' }, 'FLOAT');
      return 'bytes of fixed length';
  }
}

function decimalType(element: SchemaElement): Scalar | string {
  const logical = element.logical_type?.type === 'DECIMAL' ? element.logical_type : undefined;
  const precision = logical?.precision ?? element.precision ?? 0;
  const scale = logical?.scale ?? element.scale ?? 0;
  if (precision < 1 || precision > MAX_DECIMAL_DIGITS || scale < 0 || scale > precision) {
    return `a decimal of ${precision} digits; ${MAX_DECIMAL_DIGITS} are the most`;
  }
  return scalar({ kind: 'decimal', precision, scale }, `DECIMAL(${precision},${scale})`);
}

function int32Type(element: SchemaElement): Scalar | string {
  const logical = element.logical_type;
  if (logical?.type === 'DATE' || element.converted_type === 'DATE') return scalar({ kind: 'date' }, 'DATE');
  if (logical?.type === 'TIME' || element.converted_type === 'TIME_MILLIS') return 'a time of day';
  const bits = logical?.type === 'INTEGER' ? logical.bitWidth : Number(/\d+$/.exec(element.converted_type ?? '')?.[0] ?? 32);
  const unsigned = logical?.type === 'INTEGER' ? !logical.isSigned : (element.converted_type?.startsWith('UINT') ?? false);
  const base = bits === 8 ? 'TINYINT' : bits === 16 ? 'SMALLINT' : 'INTEGER';
  return scalar(INT64, unsigned ? `U${base}` : base);
}

function int64Type(element: SchemaElement): Scalar | string {
  const logical = element.logical_type;
  if (logical?.type === 'TIME' || element.converted_type === 'TIME_MICROS') return 'a time of day';
  if (logical?.type === 'TIMESTAMP') {
    const timestamp = { kind: 'timestamp' } as const;
    if (logical.isAdjustedToUTC) return scalar(timestamp, 'TIMESTAMP WITH TIME ZONE');
    return scalar(timestamp, logical.unit === 'NANOS' ? 'TIMESTAMP_NS' : 'TIMESTAMP', 'local');
  }
  // Before logical types a timestamp was always adjusted to UTC.
  if (element.converted_type?.startsWith('TIMESTAMP')) return scalar({ kind: 'timestamp' }, 'TIMESTAMP');
  const unsigned = logical?.type === 'INTEGER' ? !logical.isSigned : element.converted_type === 'UINT_64';
  return unsigned ? scalar({ kind: 'decimal', precision: 20, scale: 0 }, 'UBIGINT') : scalar(INT64, 'BIGINT');
}

function byteArrayType(element: SchemaElement): Scalar | string {
  const logical = element.logical_type?.type;
  if (logical === 'BSON' || element.converted_type === 'BSON') return 'BSON';
  if (logical === 'JSON' || element.converted_type === 'JSON') return scalar(STRING, 'JSON');
  if (logical === 'GEOMETRY' || logical === 'GEOGRAPHY' || logical === 'VARIANT') return `a ${logical.toLowerCase()}`;
  const text = logical === 'STRING' || logical === 'ENUM' || element.converted_type === 'UTF8' || element.converted_type === 'ENUM';
  return scalar(STRING, text ? 'VARCHAR' : 'BLOB');
}
