/** Random conditions that are not one field, one operator and one value: two fields, patterns, named lists, samples. */
import type { CatalogField, FieldCatalog } from '@tagmill/shared/fields';
import fc from 'fast-check';

type Written = Record<string, unknown>;

const NUMBERS = ['int64', 'decimal', 'double'];
const missing = fc.constantFrom(undefined, 'match', 'no_match', 'unknown');
const COMPARISONS = ['=', '!=', '<>', '>', '>=', '<', '<='];
/** Exact everywhere, and some that no double has. */
const FACTORS = [1, -1, 2, 3, 0.1, 0.3, -2.5, '1.00000001', '1e0', 0, '123456789012345678', '0.0000000001', 100];

const PATTERNS = [
  'a',
  '^a',
  'b$',
  '(?i)k',
  '(?i)é',
  '(?i)^ss$',
  '^.$',
  '(?s)^.$',
  '^\\w+$',
  '\\W',
  '\\bVIP',
  '\\d',
  '^\\pL+$',
  '\\p{Han}',
  '\\PL',
  '[^\\pL]',
  '^$',
  'VIP(10|2)$',
  '%|_',
  '[\'"\\\\]',
  'a\0b',
  '(?P<n>a)b',
  '(?<n>a)b',
  '\\Qb%c\\E',
  '^a{1,3}$',
  '[[:upper:]]',
  '\\x{1F600}',
  'a|',
  '(?i)[σ]',
];

const plain = (field: CatalogField): boolean => field.unusable === undefined;

const without = (written: Written): Written => Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined));

const comparable = (a: CatalogField, b: CatalogField): boolean => {
  const exact = (field: CatalogField): boolean => field.type.kind === 'int64' || field.type.kind === 'decimal';
  return a.type.kind !== 'array' && (a.type.kind === b.type.kind || (exact(a) && exact(b)));
};

function arithmetic(field: CatalogField): fc.Arbitrary<Written> {
  if (NUMBERS.includes(field.type.kind)) {
    const number = fc.option(fc.constantFrom(...FACTORS), { nil: undefined });
    return fc.record({ factor: number, plus: number });
  }
  const days = field.type.kind === 'date' || field.type.kind === 'timestamp';
  return days ? fc.record({ plus: fc.constantFrom(undefined, 0, 1, -1, 30, -365, 36_500, -36_500) }) : fc.constant({});
}

/** `field` compared with `other`; some are refused because 38 digits do not hold them. */
function comparison(field: CatalogField, other: CatalogField): fc.Arbitrary<Written> {
  const ordered = field.type.kind !== 'boolean';
  const own = { field: fc.constant(field.name), other: fc.constant(other.name), missing };
  const operator = fc.constantFrom(...(ordered ? COMPARISONS : COMPARISONS.slice(0, 3)));
  return fc.tuple(fc.record({ ...own, operator }), arithmetic(field)).map(([leaf, sums]) => without({ ...leaf, ...sums }));
}

const RATIOS = [0, 1, -1, 0.5, 2, '0.3333333333', 3, '-0.1', '1000000'];

function ratio(field: CatalogField, other: CatalogField): fc.Arbitrary<Written> {
  const single = fc.record({ compare: fc.constantFrom(...COMPARISONS), value: fc.constantFrom(...RATIOS) });
  const range = fc.record({
    compare: fc.constantFrom('in_range', 'between', 'not_in_range'),
    value: fc.constantFrom([0, 1], [-1, '0.5'], [1, 1]),
  });
  return fc
    .tuple(fc.oneof(single, range), missing)
    .map(([own, option]) => without({ field: field.name, operator: 'ratio', other: other.name, ...own, missing: option }));
}

/** Conditions of these kinds over the fields and lists of a catalogue. */
export function specialLeaves(catalog: FieldCatalog): fc.Arbitrary<Written>[] {
  const fields = catalog.fields.filter(plain);
  const pairs = fields.flatMap((a) => fields.filter((b) => comparable(a, b)).map((b) => [a, b] as const));
  const numbers = pairs.filter(([a]) => NUMBERS.includes(a.type.kind));
  const texts = fields.filter((field) => field.type.kind === 'string').map((field) => field.name);
  const filled = (catalog.lists ?? []).filter((list) => list.values.length > 0);
  const listed = fields.flatMap((field) =>
    filled.filter((list) => list.type.kind === field.type.kind).map((list) => [field.name, list.name] as const),
  );
  const bounds = fc.uniqueArray(fc.oneof(fc.integer({ min: 0, max: 10_000 }), fc.constantFrom(0, 10_000)), { minLength: 2, maxLength: 2 });
  return [
    fc.constantFrom(...pairs).chain(([a, b]) => comparison(a, b)),
    fc.constantFrom(...numbers).chain(([a, b]) => comparison(a, b)),
    fc.constantFrom(...numbers).chain(([a, b]) => ratio(a, b)),
    fc
      .record({
        field: fc.constantFrom(...texts),
        operator: fc.constantFrom('matches', 'not_matches', 'regex_match'),
        value: fc.constantFrom(...PATTERNS),
        missing,
      })
      .map(without),
    fc
      .record({ list: fc.constantFrom(...listed), operator: fc.constantFrom('in_list', 'not_in_list'), missing })
      .map(({ list: [field, value], operator, missing: option }) => without({ field, operator, value, missing: option })),
    fc.record({
      operator: fc.constant('bucket'),
      salt: fc.constantFrom('a', 'exp1'),
      value: bounds.map((pair) => pair.sort((a, b) => a - b)),
    }),
  ];
}
