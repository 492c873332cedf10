/** The check of a second field: `other`, `factor`, `plus` (operators.md 4). */
import { type CatalogField, type ScalarType, typeName } from '../fields.ts';
import type { CheckContext, NodeFaults } from './check-context.ts';
import { findField } from './check-field.ts';
import type { JsonObject } from './json.ts';
import { KEY_FIELD } from './key-leaves.ts';
import type { NormalLeaf, NormalOperand } from './normal.ts';
import type { OperandContext } from './operand.ts';
import { readShortNumber } from './operand-numbers.ts';
import { wholeNumber } from './operand-scalars.ts';
import { DATES, NUMBERS, type Operator } from './operator.ts';
import { exact } from './pairs.ts';
import { NO_WIDTH, type Width, widthOfDecimal, widthOfType, widthProblem } from './widths.ts';
import { DAYS_MAX } from './windowed.ts';

/** Keys that a leaf with `other` takes beside those of its operator. */
export function pairKeys(operator: Operator, field: CatalogField | null): readonly string[] {
  if (operator.other === 'must') return ['other', 'value'];
  if (field === null) return ['other', 'factor', 'plus'];
  if (NUMBERS.includes(field.type.kind)) return ['other', 'factor', 'plus'];
  return DATES.includes(field.type.kind) ? ['other', 'plus'] : ['other'];
}

type PairPart = Pick<NormalLeaf, 'other' | 'factor' | 'plus'> & Partial<Pick<NormalLeaf, 'field'>>;

/** Reads the second field and its arithmetic; null when anything of it has a fault. */
export function readPair(
  node: JsonObject,
  operator: Operator,
  field: CatalogField | null,
  value: NormalOperand | undefined,
  faults: NodeFaults,
  context: CheckContext,
): PairPart | null {
  const { factor, plus } = operator.other === 'must' ? {} : readArithmetic(node, field, faults);
  const other = readOther(node, operator, faults, context);
  if (field === null || other === null) return null;
  const [left, right] = sameTable(field, other, context);
  if (!comparable(left, right, operator)) {
    const sentence = `\`${left.name}\` is ${typeName(left.type)}, \`${right.name}\` is ${typeName(right.type)}`;
    faults.fail('FIELD_PAIR', '/other', `${sentence}: they cannot be compared`);
    return null;
  }
  checkWidth(operator, left, right, { factor, plus, value }, faults);
  return {
    field: left,
    other: right,
    ...(factor === undefined ? {} : { factor }),
    ...(plus === undefined ? {} : { plus }),
  };
}

function readOther(node: JsonObject, operator: Operator, faults: NodeFaults, context: CheckContext): CatalogField | null {
  const name = node.get('other');
  if (name === undefined) faults.fail('KEY_MISSING', '', `\`${operator.name}\` needs \`other\``);
  else if (typeof name !== 'string') faults.fail('FIELD_UNKNOWN', '/other', '`other` is the name of a column');
  else return findField(name, '/other', faults, context);
  return null;
}

/** A bare `user_id` is that of the table that the other field is in. */
function sameTable(field: CatalogField, other: CatalogField, context: CheckContext): [CatalogField, CatalogField] {
  const keyIn = (table: string, key: CatalogField): CatalogField => {
    const found = context.catalog?.find(`${table}.${KEY_FIELD}`);
    return found !== undefined && 'field' in found ? found.field : key;
  };
  if (field.table === other.table) return [field, other];
  if (field.name === KEY_FIELD) return [keyIn(other.table, field), other];
  return other.name === KEY_FIELD ? [field, keyIn(field.table, other)] : [field, other];
}

function comparable(field: CatalogField, other: CatalogField, operator: Operator): boolean {
  const exactKinds: readonly string[] = ['int64', 'decimal'];
  const [a, b] = [field.type.kind, other.type.kind];
  return operator.types.includes(b) && (a === b || (exactKinds.includes(a) && exactKinds.includes(b)));
}

interface Arithmetic {
  readonly factor?: string | undefined;
  readonly plus?: string | undefined;
}

/** The numbers beside `other`; those of a double are the nearest doubles. */
function readArithmetic(node: JsonObject, field: CatalogField | null, faults: NodeFaults): Arithmetic {
  const days = field !== null && DATES.includes(field.type.kind);
  const takes = field === null || days || NUMBERS.includes(field.type.kind);
  const read = (key: 'factor' | 'plus'): string | undefined => {
    const value = node.get(key);
    if (value === undefined || !takes || (days && key === 'factor')) return undefined;
    const context: OperandContext = { type: null, fieldName: '', operator: key, compare: null, fail: faults.fail };
    const reader = days ? wholeNumber(-DAYS_MAX, DAYS_MAX) : readShortNumber;
    const literal = reader(value, context, `/${key}`);
    if (literal === null) return undefined;
    if (key === 'factor' && literal.text === '0') {
      faults.fail('OPERAND_RANGE', '/factor', 'a factor of 0 would leave nothing of the other field');
      return undefined;
    }
    return String(literal.text);
  };
  return { factor: read('factor'), plus: read('plus') };
}

const widthOf = (text: string | undefined): Width => (text === undefined ? NO_WIDTH : widthOfDecimal(exact(text)));

function checkWidth(
  operator: Operator,
  field: CatalogField,
  other: CatalogField,
  own: Arithmetic & { readonly value: NormalOperand | undefined },
  faults: NodeFaults,
): void {
  const [x, o] = [widthOfType(field.type as ScalarType), widthOfType(other.type as ScalarType)];
  if (x === null || o === null) return;
  const literals = typeof own.value === 'object' ? own.value : typeof own.value === 'string' ? [own.value] : [undefined];
  const factors = operator.other === 'must' ? literals : [own.factor];
  for (const factor of factors) {
    const [f, c] = [widthOf(factor), widthOf(own.plus)];
    const whole = Math.max(x.whole, o.whole + f.whole, c.whole) + 1;
    const problem = widthProblem(whole, Math.max(x.fraction, o.fraction + f.fraction, c.fraction));
    if (problem === null) continue;
    faults.fail('ARITH_WIDTH', '', problem);
    return;
  }
}
