/** What one operator is; `operators/registry.ts` lists them all. */
import type { FieldType, RunClock, ScalarType } from '../fields.ts';
import type { DayWindow } from './dates.ts';
import type { Operand } from './operand.ts';
import type { NormalLeaf, NormalOperand } from './normal.ts';
import type { Value } from './values.ts';

export type TypeKind = FieldType['kind'];

export const NUMBERS: readonly TypeKind[] = ['int64', 'decimal', 'double'];
export const DATES: readonly TypeKind[] = ['date', 'timestamp'];
export const ALL_TYPES: readonly TypeKind[] = [...NUMBERS, 'string', 'boolean', ...DATES, 'array'];

export const OPERATOR_GROUPS = ['presence', 'compare', 'set', 'range', 'string', 'boolean', 'date', 'array', 'pair', 'sample'] as const;
export type OperatorGroup = (typeof OPERATOR_GROUPS)[number];

export interface Operator {
  /** Canonical name. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly group: OperatorGroup;
  /** Kinds of field types that it takes. */
  readonly types: readonly TypeKind[];
  readonly operand: Operand;
  /** Keys besides `field`, `operator`, `value`, `type` and `note`. */
  readonly keys: readonly ('case' | 'compare' | 'missing' | 'salt')[];
  /** Whether it reads a second field, `other`: it may (comparisons, instead of `value`) or must (`ratio`). */
  readonly other?: 'may' | 'must';
  /** The field that it reads where a rule names none. */
  readonly reads?: string;
  /** In one sentence, x being the field's value: "T when ...". */
  readonly meaning: string;
  readonly label: { readonly en: string; readonly zh: string };
  readonly example: Readonly<Record<string, unknown>>;
  /** Name of the operator that this one is the NOT of. */
  readonly negates?: string;
  /** What a missing value gives, for the two operators of presence; all others give UNKNOWN. */
  readonly onMissing?: boolean;
  /** The days in which it holds, where that is all that it asks: engines that compare need no more; `today` is a day number. */
  dayWindow?(leaf: NormalLeaf, today: number): DayWindow;
  /** Reference: TRUE or FALSE for values that are there; null where they have no answer (a division by zero). */
  evaluate(value: Value, leaf: NormalLeaf, clock: RunClock, other?: Value): boolean | null;
  /** DuckDB: a nullable BOOLEAN expression over columns of the declared types. */
  sql(column: string, leaf: NormalLeaf, clock: RunClock, other?: string): string;
}

/** The NOT of an operator: same types, operand and keys, so that UNKNOWN stays UNKNOWN. */
export function negation(positive: Operator, own: Pick<Operator, 'name' | 'aliases' | 'meaning' | 'label' | 'example'>): Operator {
  const { onMissing, ...shared } = positive;
  return {
    ...shared,
    ...own,
    ...(onMissing === undefined ? {} : { onMissing: !onMissing }),
    negates: positive.name,
    evaluate(value, leaf, clock, other) {
      const holds = positive.evaluate(value, leaf, clock, other);
      return holds === null ? null : !holds;
    },
    sql: (column, leaf, clock, other) => `(NOT ${positive.sql(column, leaf, clock, other)})`,
  };
}

/** The scalar type that an operand of this leaf has: the field's, or that of its elements. */
export const operandType = (type: FieldType): ScalarType => (type.kind === 'array' ? type.of : type);

/** What a leaf of any kind is compared with. */
type Compared = Pick<NormalLeaf, 'operator' | 'value'>;

const broken = (leaf: Compared): never => {
  throw new Error(`a leaf with ${leaf.operator} has a wrong operand; only checked rules can be evaluated`);
};

const isListOperand = (value: NormalOperand | undefined): value is readonly string[] => Array.isArray(value);

export const oneOf = (leaf: Compared): string | boolean =>
  leaf.value === undefined || isListOperand(leaf.value) ? broken(leaf) : leaf.value;

export const textOf = (leaf: Compared): string => (typeof leaf.value === 'string' ? leaf.value : broken(leaf));

export const listOf = (leaf: Compared): readonly string[] => (isListOperand(leaf.value) ? leaf.value : broken(leaf));

export function pairOf(leaf: Compared): readonly [string, string] {
  const [low, high] = listOf(leaf);
  return low === undefined || high === undefined ? broken(leaf) : [low, high];
}
