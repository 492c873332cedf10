/** Exact decimals: a whole number of units of 10^-scale. Nothing here rounds unless its name says so. */
export interface Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

/** By a loop: /0+$/ takes quadratic time on a text of many zeros that ends in another digit. */
function withoutEndZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

const PLAIN = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** `-12.50` as an exact decimal, zeros at the end of the fraction dropped; null when it has another form. */
export function parseDecimal(text: string): Decimal | null {
  const match = PLAIN.exec(text);
  if (match === null || text.endsWith('\n')) return null;
  const fraction = withoutEndZeros(match[3] ?? '');
  const digits = BigInt((match[2] ?? '') + fraction);
  return { unscaled: match[1] === '-' ? -digits : digits, scale: fraction.length };
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const left = a.unscaled * 10n ** BigInt(scale - a.scale);
  const right = b.unscaled * 10n ** BigInt(scale - b.scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

export const multiply = (a: Decimal, b: Decimal): Decimal => ({ unscaled: a.unscaled * b.unscaled, scale: a.scale + b.scale });

export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  const units = (value: Decimal): bigint => value.unscaled * 10n ** BigInt(scale - value.scale);
  return { unscaled: units(a) + units(b), scale };
}

/** Canonical text: no leading zeros, no zeros at the end of the fraction, no minus before zero. */
export function formatDecimal(value: Decimal): string {
  const negative = value.unscaled < 0n;
  const digits = (negative ? -value.unscaled : value.unscaled).toString().padStart(value.scale + 1, '0');
  const whole = digits.slice(0, digits.length - value.scale);
  const fraction = withoutEndZeros(digits.slice(digits.length - value.scale));
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Rounded half away from zero to `scale` digits after the point. */
export function roundDecimal(value: Decimal, scale: number): Decimal {
  if (value.scale <= scale) return value;
  const unit = 10n ** BigInt(value.scale - scale);
  const magnitude = value.unscaled < 0n ? -value.unscaled : value.unscaled;
  const rounded = (magnitude + unit / 2n) / unit;
  return { unscaled: value.unscaled < 0n ? -rounded : rounded, scale };
}

/** Whether it is a value of decimal(precision, scale) as it stands; `roundDecimal` never ran. */
export function fitsDecimal(value: Decimal, precision: number, scale: number): boolean {
  if (value.scale > scale) return false;
  const units = value.unscaled * 10n ** BigInt(scale - value.scale);
  const limit = 10n ** BigInt(precision);
  return units < limit && units > -limit;
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

export const fitsInt64 = (value: Decimal): boolean => value.scale === 0 && value.unscaled >= INT64_MIN && value.unscaled <= INT64_MAX;

/** Exact text of a number with an exponent (`1e-8`, `1.5E+3`) without one; null beyond 400 digits or when it is no number. */
export function expandExponent(text: string): string | null {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return null;
  const [whole, fraction, exponent] = [match[2] ?? '', match[3] ?? '', Number(match[4] ?? '0')];
  if (Math.abs(exponent) > 400) return null;
  const point = whole.length + exponent;
  const digits = (whole + fraction).padEnd(point, '0');
  const filled = point <= 0 ? '0'.repeat(1 - point) + digits : digits;
  const at = Math.max(point, 1);
  const rest = filled.slice(at);
  return `${match[1] === '-' ? '-' : ''}${filled.slice(0, at)}${rest === '' ? '' : `.${rest}`}`;
}

/** The shortest decimal that gives this finite double, exactly. */
export function decimalOfDouble(value: number): Decimal {
  const text = expandExponent(String(value));
  const decimal = text === null ? null : parseDecimal(text);
  if (decimal === null) throw new RangeError(`${value} has no finite decimal`);
  return decimal;
}
