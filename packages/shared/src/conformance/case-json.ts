/** Reading the parts of a case: what is not there or of another kind ends in a sentence. */
import { isList, isObject, type Json, JsonNumber, type JsonObject } from '../rules/json.ts';

/** A case that cannot be read. */
export class CaseProblem extends Error {}

const wrong = (what: string, kind: string): never => {
  throw new CaseProblem(`\`${what}\` is not ${kind}`);
};

export const textIn = (value: Json | undefined, what: string): string => (typeof value === 'string' ? value : wrong(what, 'a text'));

export const objectIn = (value: Json | undefined, what: string): JsonObject => (isObject(value) ? value : wrong(what, 'an object'));

export const listIn = (value: Json | undefined, what: string): readonly Json[] => (isList(value) ? value : wrong(what, 'a list'));

/** Entries of an object that may be absent. */
export const entriesIn = (value: Json | undefined, what: string): readonly (readonly [string, Json])[] =>
  value === undefined ? [] : [...objectIn(value, what)];

/** A number or text in digits, as text: the id of a tag. */
export function idIn(value: Json | undefined, what: string): string {
  if (value instanceof JsonNumber) return value.text;
  return textIn(value, what);
}
