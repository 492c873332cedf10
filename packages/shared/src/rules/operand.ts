/** Readers of operands (operators.md 3): JSON in, exact text of the normal form out, every fault told. */
import type { ScalarType } from '../fields.ts';
import { LIMITS } from '../limits.ts';
import type { RuleCode } from './codes.ts';
import { isList, type Json } from './json.ts';
import type { NormalOperand } from './normal.ts';
import { type Literal, type LiteralReader, readText, readTyped, wholeNumber } from './operand-scalars.ts';

export interface OperandContext {
  /** The scalar type of the operand: the field's or its elements'; null when it is not known. */
  readonly type: ScalarType | null;
  readonly fieldName: string;
  readonly operator: string;
  /** Canonical `compare`, where the operator has one and it is right. */
  readonly compare: string | null;
  /** `where` is a JSON Pointer from the node. */
  readonly fail: (code: RuleCode, where: string, message: string, hint?: string) => void;
}

export interface Operand {
  readonly name: 'none' | 'one' | 'list' | 'pair' | 'compared' | 'list-name';
  /** For people: what it takes. */
  readonly takes: string;
  /** The operand in normal form; undefined when there is none or it has a fault. */
  read(value: Json | undefined, context: OperandContext): NormalOperand | undefined;
}

const VALUE = '/value';

const group = (value: number): string => value.toLocaleString('en-US');

/** No operand; `also` are words that older rules carry. */
export function noOperand(also: readonly Json[] = []): Operand {
  return {
    name: 'none',
    takes: 'nothing',
    read(value, context) {
      if (value !== undefined && value !== null && value !== '' && !also.includes(value)) {
        context.fail('OPERAND_COUNT', VALUE, `\`${context.operator}\` takes no value`);
      }
      return undefined;
    },
  };
}

function missing(value: Json | undefined, context: OperandContext, what: string): value is undefined | null {
  if (value === undefined) context.fail('OPERAND_COUNT', '', `\`${context.operator}\` needs ${what}`);
  if (value === null) context.fail('OPERAND_NULL', VALUE, 'NULL equals nothing; use `is_null`');
  return value === undefined || value === null;
}

const textOrBoolean = (literal: Literal | null): string | boolean | undefined => literal?.text;

export const one = (takes: string, reader: LiteralReader = readTyped): Operand => ({
  name: 'one',
  takes,
  read(value, context) {
    if (missing(value, context, 'a value')) return undefined;
    return textOrBoolean(reader(value, context, VALUE));
  },
});

/** Reads every item, so that every fault is told; null when one has any. */
function readItems(items: readonly Json[], context: OperandContext, reader: LiteralReader): Literal[] | null {
  const literals: Literal[] = [];
  let broken = false;
  items.forEach((item, index) => {
    const where = `${VALUE}/${index}`;
    const literal = reader(item, context, where);
    if (literal === null) {
      broken = true;
    } else if (literals[0] !== undefined && literal.form !== literals[0].form) {
      broken = true;
      context.fail('OPERAND_TYPE', where, 'days, local times and instants with offset cannot be mixed in one condition');
    } else {
      literals.push(literal);
    }
  });
  return broken ? null : literals;
}

export const list = (takes: string, reader: LiteralReader = readTyped): Operand => ({
  name: 'list',
  takes,
  read(value, context) {
    if (missing(value, context, 'a list of values')) return undefined;
    if (!isList(value)) {
      context.fail('OPERAND_TYPE', VALUE, `\`${context.operator}\` needs a list: [value, ...]`);
    } else if (value.length === 0) {
      context.fail('LIST_EMPTY', VALUE, 'the list has no values');
    } else if (value.length > LIMITS.ruleListItems) {
      context.fail(
        'LIST_TOO_LONG',
        VALUE,
        `${group(value.length)} values; at most ${group(LIMITS.ruleListItems)} are allowed, upload a named list`,
      );
    } else {
      const literals = readItems(value, context, reader);
      // Repeats are harmless; the normal form has none.
      return literals === null ? undefined : [...new Set(literals.map((literal) => String(literal.text)))];
    }
    return undefined;
  },
});

export const pair = (takes: string, reader: LiteralReader = readTyped): Operand => ({
  name: 'pair',
  takes,
  read(value, context) {
    if (missing(value, context, 'two values: [low, high]')) return undefined;
    if (!isList(value)) {
      context.fail('OPERAND_TYPE', VALUE, `\`${context.operator}\` needs two values: [low, high]`);
      return undefined;
    }
    if (value.length !== 2) {
      context.fail('OPERAND_COUNT', VALUE, `\`${context.operator}\` needs two values, got ${value.length}`);
      return undefined;
    }
    const literals = readItems(value, context, reader);
    const [low, high] = literals ?? [];
    if (low === undefined || high === undefined) return undefined;
    const halfOpen = low.form === 'instant' || low.form === 'local';
    const order = low.order(high);
    if (order > 0 || (halfOpen && order === 0)) {
      const problem = order > 0 ? `low ${low.text} is above high ${high.text}` : `${low.text} to ${high.text} holds no instant`;
      context.fail('RANGE_ORDER', VALUE, problem);
      return undefined;
    }
    return [String(low.text), String(high.text)];
  },
});

/** The name of an uploaded list; that there is one of the type is looked up with the catalogue. */
export const listName = (takes: string): Operand => ({ ...one(takes, readText(false)), name: 'list-name' });

/** A whole number of days and the like. */
export const whole = (takes: string, min: number, max: number): Operand => one(takes, wholeNumber(min, max));
export const wholePair = (takes: string, min: number, max: number): Operand => pair(takes, wholeNumber(min, max));

/** One operand or a range of them, as `compare` says; whole numbers of 0 or more when no reader is named. */
export function compared(takes: string, reader: LiteralReader = wholeNumber(0, Number.MAX_SAFE_INTEGER)): Operand {
  const single = one(takes, reader);
  const range = pair(takes, reader);
  return {
    name: 'compared',
    takes,
    read(value, context) {
      const ranged = context.compare === null ? isList(value) : context.compare.endsWith('in_range');
      return (ranged ? range : single).read(value, context);
    },
  };
}
