/**
 * Values at which a leaf can turn: its thresholds and their neighbours. Which
 * of them turns the rule is found out by evaluating it, so that this list may
 * hold too much but must know every kind of operator.
 */
import type { CatalogField, RunClock, ScalarType } from '../../fields.ts';
import { addMonths, DAY_MAX, DAY_MIN, parseDay, periodOf, PERIODS } from '../calendar.ts';
import { add, type Decimal, fitsDecimal, fitsInt64, multiply, parseDecimal } from '../decimals.ts';
import { instantLiteral, isDayText, literalValue } from '../literals.ts';
import type { NormalLeaf } from '../normal.ts';
import { operandType } from '../operator.ts';
import type { Value } from '../values.ts';
import { instantsOfDays } from '../zones.ts';
import type { ValueOf } from './tree.ts';

/** Items of a list that are tried. */
const ITEMS = 100;
const SECOND = 1_000_000n;

/** Values of `field` to try because of this leaf; those that its type cannot hold are left out. */
export function candidatesOf(leaf: NormalLeaf, field: CatalogField, valueIn: ValueOf, clock: RunClock): readonly Value[] {
  const texts = textsOf(leaf);
  const current = valueIn(field);
  if (field.type.kind === 'array') return arrays(leaf, field.type.of, current as readonly Value[] | null, texts, clock);
  const type = field.type;
  switch (type.kind) {
    case 'int64':
    case 'decimal':
      return decimals(leaf, field, type, texts, valueIn);
    case 'double':
      return doubles(leaf, field, texts, valueIn);
    case 'boolean':
      return [true, false];
    case 'string':
      return strings(leaf, field, texts, current as string | null, valueIn);
    case 'date':
      return days(leaf, field, texts, valueIn, clock).filter((day) => day >= DAY_MIN && day <= DAY_MAX);
    case 'timestamp':
      return instants(leaf, field, texts, valueIn, clock);
  }
}

function textsOf(leaf: NormalLeaf): readonly string[] {
  const { value, items } = leaf;
  const own = value === undefined || typeof value === 'boolean' ? [] : typeof value === 'string' ? [value] : value;
  return (items ?? own).slice(0, ITEMS);
}

const isOther = (leaf: NormalLeaf, field: CatalogField): boolean =>
  leaf.other !== undefined && leaf.other.table === field.table && leaf.other.name === field.name;

function decimals(
  leaf: NormalLeaf,
  field: CatalogField,
  type: ScalarType & { readonly kind: 'int64' | 'decimal' },
  texts: readonly string[],
  valueIn: ValueOf,
): readonly Value[] {
  const scale = type.kind === 'decimal' ? type.scale : 0;
  const fits = (value: Decimal): boolean => (type.kind === 'int64' ? fitsInt64(value) : fitsDecimal(value, type.precision, type.scale));
  const centres: (Decimal | null)[] = leaf.other === undefined ? texts.map(parseDecimal) : pairCentres(leaf, field, texts, valueIn);
  return centres.flatMap((centre) => {
    if (centre === null) return [];
    const at = floorTo(centre, scale);
    return [-1n, 0n, 1n, 2n].map((step) => ({ unscaled: at + step, scale })).filter(fits);
  });
}

/** Where x and other × factor + plus (or v × other) meet, seen from the field that changes. */
function pairCentres(leaf: NormalLeaf, field: CatalogField, texts: readonly string[], valueIn: ValueOf): (Decimal | null)[] {
  const { other, factor = '1', plus = '0' } = leaf;
  if (other === undefined) return [];
  const factors = leaf.operator === 'ratio' ? texts : [factor];
  const shift = leaf.operator === 'ratio' ? '0' : plus;
  const known = isOther(leaf, field) ? valueIn(leaf.field) : valueIn(other);
  const [moved] = [parseDecimal(shift)];
  return factors.map((text) => {
    const times = parseDecimal(text);
    if (known === null || times === null || moved === null || typeof known !== 'object' || !('unscaled' in known)) return null;
    if (!isOther(leaf, field)) return add(multiply(known, times), moved);
    return times.unscaled === 0n ? null : quotient(add(known, { unscaled: -moved.unscaled, scale: moved.scale }), times);
  });
}

/** To 12 digits behind the point, cut: its neighbours are tried as well. */
function quotient(a: Decimal, b: Decimal): Decimal {
  const digits = 12;
  return { unscaled: (a.unscaled * 10n ** BigInt(b.scale + digits)) / (b.unscaled * 10n ** BigInt(a.scale)), scale: digits };
}

function floorTo({ unscaled, scale }: Decimal, to: number): bigint {
  if (scale <= to) return unscaled * 10n ** BigInt(to - scale);
  const unit = 10n ** BigInt(scale - to);
  const cut = unscaled / unit;
  return unscaled < 0n && cut * unit !== unscaled ? cut - 1n : cut;
}

function doubles(leaf: NormalLeaf, field: CatalogField, texts: readonly string[], valueIn: ValueOf): readonly Value[] {
  const { other, factor = '1', plus = '0' } = leaf;
  const centres: number[] = [];
  if (other === undefined) centres.push(...texts.map(Number));
  else {
    const known = isOther(leaf, field) ? valueIn(leaf.field) : valueIn(other);
    const factors = leaf.operator === 'ratio' ? texts.map(Number) : [Number(factor)];
    const shift = leaf.operator === 'ratio' ? 0 : Number(plus);
    if (typeof known === 'number')
      for (const times of factors) centres.push(isOther(leaf, field) ? (known - shift) / times : known * times + shift);
  }
  return centres.filter(Number.isFinite).flatMap((centre) => {
    const step = Math.max(Math.abs(centre), Number.MIN_VALUE) * 2 ** -50;
    return [centre, centre + step, centre - step, Math.ceil(centre) + 1, Math.floor(centre) - 1];
  });
}

function strings(
  leaf: NormalLeaf,
  field: CatalogField,
  texts: readonly string[],
  current: string | null,
  valueIn: ValueOf,
): readonly Value[] {
  const own = current ?? '';
  if (leaf.operator === 'length') {
    const points = Array.from(own);
    return texts.flatMap((text) =>
      [-1, 0, 1].flatMap((step) => {
        const size = Number(text) + step;
        return size < 0 || size > 4_096
          ? []
          : [points.length >= size ? points.slice(0, size).join('') : own.padEnd(own.length + size - points.length, 'x')];
      }),
    );
  }
  const paired =
    leaf.other === undefined ? [] : [valueIn(isOther(leaf, field) ? leaf.field : leaf.other)].filter((one) => typeof one === 'string');
  const without = texts.map((text) => own.replaceAll(text, ''));
  const named = [...texts, ...paired];
  return [
    '',
    `${own}x`,
    ...named,
    ...without,
    ...named.flatMap((text) => [own + text, text + own, `${text}x`, Array.from(text).slice(0, -1).join('')]),
  ];
}

/** Days at which a condition on days can turn: around its operands, and those that it counts from today. */
function days(leaf: NormalLeaf, field: CatalogField, texts: readonly string[], valueIn: ValueOf, clock: RunClock): readonly number[] {
  const today = parseDay(clock.today) ?? 0;
  const centres: number[] = [today];
  for (const text of texts) {
    const day = parseDay(text);
    if (day !== null) centres.push(day);
    else if (/^\d{1,5}$/.test(text)) centres.push(today - Number(text), today + Number(text));
  }
  if (/^(this|previous)_/.test(leaf.operator)) for (const period of PERIODS) centres.push(...edgesOf(today, period));
  if (leaf.operator === 'anniversary_within') {
    const ahead = Number(texts[0] ?? 1);
    for (const day of [today, today + ahead - 1]) centres.push(addMonths(day, -12), addMonths(day, -24));
  }
  if (leaf.other !== undefined) {
    const known = valueIn(isOther(leaf, field) ? leaf.field : leaf.other);
    const shift = Number(leaf.plus ?? 0);
    if (typeof known === 'number') centres.push(isOther(leaf, field) ? known - shift : known + shift);
  }
  return centres.flatMap((day) => [day - 2, day - 1, day, day + 1, day + 2]);
}

function edgesOf(today: number, period: (typeof PERIODS)[number]): readonly number[] {
  return (['this', 'previous'] as const).flatMap((which) => {
    const { from, to } = periodOf(today, period, which);
    return [from, to];
  });
}

function instants(leaf: NormalLeaf, field: CatalogField, texts: readonly string[], valueIn: ValueOf, clock: RunClock): readonly Value[] {
  const found: bigint[] = [];
  const times = texts.filter((text) => !isDayText(text) && /[T ]/.test(text));
  for (const text of times) for (const step of [-1n, 0n, 1n]) found.push(instantLiteral(text, clock) + step);
  if (leaf.other !== undefined) {
    const known = valueIn(isOther(leaf, field) ? leaf.field : leaf.other);
    const shift = BigInt(leaf.plus ?? 0) * 86_400n * SECOND;
    if (typeof known === 'bigint')
      for (const step of [-1n, 0n, 1n]) found.push((isOther(leaf, field) ? known - shift : known + shift) + step);
    return found;
  }
  for (const day of days(leaf, field, texts, valueIn, clock)) {
    if (day <= DAY_MIN || day >= DAY_MAX) continue;
    for (const { start, end } of instantsOfDays(clock.zone, day, day)) {
      if (start !== undefined) found.push(BigInt(start) * SECOND);
      if (end !== undefined) found.push(BigInt(end) * SECOND - 1n);
    }
  }
  return found;
}

function arrays(
  leaf: NormalLeaf,
  of: ScalarType,
  current: readonly Value[] | null,
  texts: readonly string[],
  clock: RunClock,
): readonly Value[] {
  const own = current ?? [];
  const filler = fillerOf(of);
  if (leaf.operator === 'size') {
    return texts.flatMap((text) =>
      [-1, 0, 1].flatMap((step) => {
        const size = Number(text) + step;
        if (size < 0 || size > 10_000) return [];
        return [own.length >= size ? own.slice(0, size) : [...own, ...Array.from({ length: size - own.length }, () => filler)]];
      }),
    );
  }
  const items = texts.map((text) => literalValue(operandType({ kind: 'array', of }), text, clock));
  const key = (value: Value): string =>
    String(typeof value === 'object' && 'unscaled' in value ? `${value.unscaled}/${value.scale}` : value);
  const listed = new Set(items.map(key));
  return [
    [],
    [filler],
    [...own, ...items],
    own.filter((item) => !listed.has(key(item))),
    ...items.map((item) => [...own, item]),
    ...items.map((item) => own.filter((one) => key(one) !== key(item))),
  ];
}

function fillerOf(of: ScalarType): Value {
  if (of.kind === 'string') return 'x';
  return of.kind === 'date' ? 0 : { unscaled: 0n, scale: 0 };
}
