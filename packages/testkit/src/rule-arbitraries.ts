/**
 * Random rules and rows over a catalogue, for fast-check. Cells and operands
 * come from the same small pools of awkward values, so that they meet.
 */
import type { CatalogField, FieldCatalog, ScalarType } from '@tagmill/shared/fields';
import { OPERATORS } from '@tagmill/shared/rules/operators/registry';
import type { Operator } from '@tagmill/shared/rules/operator';
import type { Cell } from '@tagmill/shared/rules/reference';
import fc from 'fast-check';
import { specialLeaves } from './rule-arbitraries-pairs.ts';

const INTEGERS = [
  '0',
  '1',
  '-1',
  '5',
  '9',
  '10',
  '18',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '-9007199254740993',
  '9223372036854775807',
  '-9223372036854775808',
];
const DOUBLES = [
  0,
  -0,
  0.1,
  0.2,
  0.30000000000000004,
  0.3,
  1,
  1.005,
  2.5,
  -2.675,
  5,
  1e15,
  1e21,
  1e300,
  5e-324,
  2 ** 53,
  2 ** 63,
  -(2 ** 63),
];
const TEXTS = [
  '',
  ' ',
  'a',
  'A',
  'ab',
  'abc',
  'ABC',
  'b%c',
  '%',
  '_',
  '\\',
  "o'clock",
  '"',
  'É',
  'é',
  'e\u0301',
  'İ',
  'i',
  'ẞ',
  'ß',
  'ss',
  'Σ',
  'ς',
  '\uFF5E',
  '😀',
  '广告',
  'VIP10',
  'VIP2',
  'a\0b',
  'NULL',
  'K',
  'ﬃ',
];
const DAYS = [
  '0001-01-01',
  '1582-10-10',
  '1899-12-31',
  '1900-02-28',
  '1969-12-31',
  '1970-01-01',
  '2000-02-29',
  '2024-02-29',
  '2025-11-22',
  '2026-02-28',
  '2026-03-08',
  '2026-03-31',
  '2026-10-31',
  '2026-11-01',
  '2026-11-15',
  '2026-11-16',
  '2026-11-20',
  '2026-11-21',
  '2026-11-22',
  '2026-11-23',
  '2026-11-28',
  '2026-12-31',
  '2027-01-01',
  '2099-06-15',
  '9999-12-31',
];
const CLOCKS = [
  '00:00:00',
  '00:00:00.000001',
  '00:01:00',
  '01:30:00',
  '02:30:00',
  '05:00:00',
  '11:59:59.5',
  '15:59:59.999999',
  '16:00:00',
  '23:01:00',
  '23:30:00',
  '23:59:59.999999',
];

const day = fc.constantFrom(...DAYS);
const clockTime = fc.constantFrom(...CLOCKS);
const integer = fc.oneof(fc.constantFrom(...INTEGERS), fc.bigInt({ min: -50n, max: 50n }).map(String));

/** Texts of decimals that fit decimal(precision, scale). */
function decimalText(precision: number, scale: number): fc.Arbitrary<string> {
  const limit = 10n ** BigInt(precision) - 1n;
  const units = fc.oneof(
    fc.constantFrom(0n, 1n, -1n, limit, -limit),
    fc.bigInt({ min: -(limit < 2000n ? limit : 2000n), max: limit < 2000n ? limit : 2000n }),
    fc.bigInt({ min: -limit, max: limit }),
  );
  return units.map((value) => {
    const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
    const point = digits.length - scale;
    return `${value < 0n ? '-' : ''}${digits.slice(0, point)}${scale === 0 ? '' : `.${digits.slice(point)}`}`;
  });
}

const instant = fc.tuple(day, clockTime).map(([date, time]) => `${date}T${time}Z`);
const localTime = fc.tuple(day, clockTime).map(([date, time]) => `${date} ${time}`);
const offsetTime = fc
  .tuple(day, clockTime, fc.constantFrom('+08:00', '-05:00', '+05:45', 'Z'))
  .map(([date, time, offset]) => `${date}T${time}${offset}`);

/** A value of a type as the corpus writes cells. */
function scalarCell(type: ScalarType): fc.Arbitrary<Cell> {
  switch (type.kind) {
    case 'string':
      return fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'binary', maxLength: 4 }));
    case 'int64':
      return integer;
    case 'decimal':
      return decimalText(type.precision, type.scale);
    case 'double':
      return fc.oneof(fc.constantFrom(...DOUBLES, 'NaN', 'Infinity', '-Infinity'), fc.double({ noNaN: true }));
    case 'boolean':
      return fc.boolean();
    case 'date':
      return day;
    case 'timestamp':
      return instant;
  }
}

const spaced = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom('', ' ', '  ', '\n'), text, fc.constantFrom('', ' ', '\t')).map((parts) => parts.join(''));

const AWKWARD = [
  '',
  ' ',
  '12abc',
  '2.5',
  '2.0',
  '1e3',
  '+7',
  '007',
  '1.005',
  '1.50000000000',
  '.5',
  '5.',
  'NaN',
  'inf',
  '1e999',
  '-1e-400',
  'true',
  'T',
  'yes',
  'NO',
  '0',
  '2024-1-1',
  '0000-01-01',
  '2023-02-29',
  '24:00:00',
  '2026-11-22T00:00:60Z',
  '2026-11-22T00:00:00+18:00',
  '2026-11-22T00:00:00+18:01',
  '2026-11-22 08:00',
  '[1',
  '[1,]',
  '[NaN]',
  '{"a":1}',
  '[[1],{"a":[2]},3]',
  '["a\\"1",2]',
  '[1e2,2.0,-0]',
  '[0.12345678901234567890]',
  '["x\\u0041"]',
  'null',
];

/** Texts that a column stored as text may hold. */
function textCell(field: CatalogField): fc.Arbitrary<Cell> {
  const { type } = field;
  const awkward = fc.constantFrom(...AWKWARD);
  if (type.kind === 'array') {
    const element = fc.oneof(fc.constantFrom(...TEXTS), integer, fc.constantFrom(...AWKWARD)).map((text) => JSON.stringify(text));
    const bare = fc.oneof(integer, decimalText(10, 2), fc.constantFrom('null', 'true', '[]', '{}', '1e2', '2.50'));
    return fc.oneof(
      fc.array(fc.oneof(element, bare), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
      awkward,
    );
  }
  const good =
    type.kind === 'timestamp' ? fc.oneof(localTime, offsetTime) : scalarCell(type).map((cell) => (cell === 0 ? '0' : String(cell)));
  return fc.oneof({ weight: 3, arbitrary: spaced(good) }, awkward, decimalText(8, 4));
}

function presentCell(field: CatalogField): fc.Arbitrary<Cell> {
  const { type } = field;
  if (field.stored === 'text') return textCell(field);
  if (field.stored === 'double') return scalarCell({ kind: 'double' });
  if (field.stored === 'int64') return integer;
  if (field.stored === 'local') return localTime;
  if (type.kind === 'array') return fc.array(fc.option(scalarCell(type.of), { freq: 5 }), { maxLength: 4 });
  return scalarCell(type);
}

export const cell = (field: CatalogField): fc.Arbitrary<Cell> => fc.option(presentCell(field), { freq: 6 });

export const row = (catalog: FieldCatalog): fc.Arbitrary<Record<string, Cell>> =>
  fc.record(Object.fromEntries(catalog.fields.map((field) => [field.name, cell(field)])));

/** One operand of a type, as JSON. */
function scalarOperand(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'string':
      return fc.constantFrom(...TEXTS);
    case 'double':
      return fc.constantFrom(...DOUBLES).map((value) => (Math.abs(value) < 1e15 && value !== 5e-324 ? Number(value.toPrecision(15)) : '1'));
    case 'boolean':
      return fc.boolean();
    default:
      return scalarCell(type);
  }
}

const ordered = (pairs: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> => fc.tuple(pairs, pairs);

function timestampOperand(kind: Operator['operand']['name'], allows: boolean): fc.Arbitrary<unknown> {
  const forms = allows ? [day, localTime, instant, offsetTime] : [day];
  return fc.oneof(...forms.map((form) => shaped(kind, form)));
}

function shaped(kind: Operator['operand']['name'], scalar: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  if (kind === 'list') return fc.array(scalar, { minLength: 1, maxLength: 12 });
  return kind === 'pair' ? ordered(scalar) : scalar;
}

function operand(operator: Operator, field: CatalogField): fc.Arbitrary<unknown> {
  const kind = operator.operand.name;
  if (kind === 'none') return fc.constant(null);
  if (operator.operand.takes.includes('day') || operator.operand.takes.includes('≤')) {
    return operator.operand.takes.includes('1 to') || operator.operand.takes.includes('0 to') || operator.operand.takes.includes('≤')
      ? shaped(kind, fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(365, 366, 36500)))
      : shaped(kind, day);
  }
  const type = field.type.kind === 'array' ? field.type.of : field.type;
  return type.kind === 'timestamp' ? timestampOperand(kind, operator.group !== 'date') : shaped(kind, scalarOperand(type));
}

const COMPARES = ['=', '!=', '<>', '>', '>=', '<', '<='];

/** A condition over a field; it may be one that the check refuses (low above high). */
function leaf(field: CatalogField, operator: Operator): fc.Arbitrary<Record<string, unknown>> {
  const name = fc.constantFrom(operator.name, ...operator.aliases);
  const options = fc.record({
    missing: operator.keys.includes('missing') ? fc.constantFrom(undefined, 'match', 'no_match', 'unknown') : fc.constant(undefined),
    case:
      operator.keys.includes('case') && field.type.kind === 'string' ? fc.constantFrom(undefined, 'fold', 'exact') : fc.constant(undefined),
  });
  const compared = fc.oneof(
    fc.record({ compare: fc.constantFrom(...COMPARES), value: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ compare: fc.constantFrom('in_range', 'between', 'not_in_range'), value: fc.constantFrom([0, 1], [1, 3], [2, 2]) }),
  );
  const rest = operator.operand.name === 'compared' ? compared : operand(operator, field).map((value) => ({ value }));
  return fc.tuple(name, options, rest).map(([written, chosen, own]) => ({
    field: field.name,
    operator: written,
    ...Object.fromEntries(Object.entries({ ...chosen, ...own }).filter(([, value]) => value !== undefined)),
  }));
}

/** Operators whose conditions `specialLeaves` writes. */
const isSpecial = (operator: Operator): boolean =>
  operator.other === 'must' ||
  operator.reads !== undefined ||
  operator.operand.name === 'list-name' ||
  operator.operand.takes.startsWith('a pattern');

/** Rules as JSON values: single conditions and groups of all kinds, nested. */
export function rule(catalog: FieldCatalog): fc.Arbitrary<unknown> {
  const pairs = catalog.fields.flatMap((field) =>
    OPERATORS.filter((operator) => operator.types.includes(field.type.kind) && !isSpecial(operator)).map((operator) =>
      leaf(field, operator),
    ),
  );
  const special = fc.oneof(...specialLeaves(catalog));
  const { node } = fc.letrec<{ node: unknown }>((tie) => {
    const groups = fc
      .tuple(
        fc.constantFrom('AND', 'OR', 'NONE', 'NOT_ALL', 'AT_LEAST', 'NOT'),
        fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
        fc.nat(),
      )
      .map(([logic, children, pick]) => {
        if (logic === 'NOT') return { logic, conditions: children.slice(0, 1) };
        return logic === 'AT_LEAST' ? { logic, conditions: children, k: 1 + (pick % children.length) } : { logic, conditions: children };
      });
    return {
      node: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        { weight: 3, arbitrary: fc.oneof(...pairs) },
        { weight: 1, arbitrary: special },
        { weight: 1, arbitrary: groups },
      ),
    };
  });
  return node;
}
