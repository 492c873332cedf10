/** Small checks of JSON that comes from outside: a file, or a copy that an executor kept. */
export type Shape = (value: unknown) => boolean;

export const isText: Shape = (value) => typeof value === 'string';
export const isFlag: Shape = (value) => typeof value === 'boolean';
export const isNumber: Shape = (value) => typeof value === 'number';
export const isCount: Shape = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
export const oneOf =
  (...words: readonly string[]): Shape =>
  (value) =>
    typeof value === 'string' && words.includes(value);
export const orNull =
  (shape: Shape): Shape =>
  (value) =>
    value === null || shape(value);
export const orAbsent =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined || shape(value);
export const listOf =
  (shape: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every(shape);
/** A list of a fixed length. */
export const row =
  (...shapes: readonly Shape[]): Shape =>
  (value) =>
    Array.isArray(value) && value.length === shapes.length && shapes.every((shape, i) => shape(value[i]));
export const mapOf =
  (shape: Shape): Shape =>
  (value) =>
    isRecord(value) && Object.values(value).every(shape);
/** An object that has at least these. */
export const has =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value) =>
    wrongIn(shapes, value) === undefined;

/** Name of the first that is of another form; undefined when all is well. */
export function wrongIn(shapes: Readonly<Record<string, Shape>>, value: unknown): string | undefined {
  if (!isRecord(value)) return 'the whole';
  return Object.keys(shapes).find((name) => shapes[name]?.(Object.hasOwn(value, name) ? value[name] : undefined) !== true);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
