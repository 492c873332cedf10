/** The check of one condition (operators.md 1, 4 and 6). */
import type { CatalogField } from '../fields.ts';
import { type CheckContext, checkKeys, checkNote, NodeFaults } from './check-context.ts';
import { type Options, readOptions } from './check-options.ts';
import { findField, readField } from './check-field.ts';
import { pairKeys, readPair } from './check-pair.ts';
import { checkTypes } from './check-types.ts';
import type { JsonObject } from './json.ts';
import { KEY_FIELD } from './key-leaves.ts';
import type { NormalLeaf, NormalOperand, WideLeaf } from './normal.ts';
import { type Operator, operandType } from './operator.ts';
import { findOperator, OPERATOR_NAMES } from './operators/registry.ts';
import { patternFound, patternProblem } from './patterns.ts';
import { didYouMean } from './suggest.ts';
import { checkWideLeaf } from './wide/check-wide.ts';
import { findWideOperator, WIDE_OPERATOR_NAMES } from './wide/registry.ts';

/** Checks a condition and gives its normal form; null when it has a fault or its field is not known. */
export function checkLeaf(node: JsonObject, path: string, context: CheckContext): NormalLeaf | WideLeaf | null {
  const faults = new NodeFaults(context, path);
  const name = node.get('operator');
  const wide = typeof name === 'string' ? findWideOperator(name) : null;
  if (wide !== null && !context.running && !context.inFilter) return checkWideLeaf(node, path, wide, faults, context);
  checkNote(node.get('note'), faults);
  const operator = readOperator(node, faults, context);
  const leaf = operator === null ? null : checkWithOperator(node, operator, faults, context);
  if (operator === null && wide === null && node.has('field') && !faults.has('FILTER_OPERATOR')) readField(node, faults, context);
  return faults.close() ? leaf : null;
}

function readOperator(node: JsonObject, faults: NodeFaults, context: CheckContext): Operator | null {
  const name = node.get('operator');
  if (name === undefined) {
    faults.fail('KEY_MISSING', '', 'a condition needs `operator`');
    return null;
  }
  if (typeof name !== 'string') {
    faults.fail('OPERATOR_UNKNOWN', '/operator', '`operator` is a text, such as "="');
    return null;
  }
  const operator = findOperator(name);
  const wide = findWideOperator(name) !== null;
  if (context.inFilter && (wide || operator?.reads !== undefined)) {
    faults.fail('FILTER_OPERATOR', '/operator', `\`${name}\` cannot be used in a filter`);
    return null;
  }
  if (operator === null) {
    const later = wide;
    const shown = name.slice(0, 60);
    const message = later
      ? `this version does not have the operator \`${shown}\` yet`
      : `unknown operator \`${shown}\`${didYouMean(name, context.running ? OPERATOR_NAMES : [...OPERATOR_NAMES, ...WIDE_OPERATOR_NAMES])}`;
    faults.fail('OPERATOR_UNKNOWN', '/operator', message);
  }
  return operator;
}

function checkWithOperator(node: JsonObject, operator: Operator, faults: NodeFaults, context: CheckContext): NormalLeaf | null {
  const field = operator.reads === undefined ? readField(node, faults, context) : findField(operator.reads, '', faults, context);
  const paired = operator.other === 'must' || (operator.other === 'may' && node.has('other'));
  const own = operator.reads === undefined ? ['field', 'type', ...operator.keys] : operator.keys;
  checkKeys(node, ['operator', 'note', ...own, ...(paired ? pairKeys(operator, field) : ['value'])], faults);
  const type = field === null ? null : checkTypes(node, field, operator, faults);
  const options = readOptions(node, operator, field, faults);
  const value = paired && operator.other === 'may' ? undefined : readValue(node, operator, field, type !== null, options, faults);
  const pair = paired ? readPair(node, operator, type === null ? null : field, value, faults, context) : null;
  if (field === null || (paired && pair === null)) return null;
  warnAbout(node, operator, field, faults);
  const leaf: NormalLeaf = {
    field,
    operator: operator.name,
    ...(value === undefined ? {} : { value }),
    ...options,
    ...pair,
    ...(operator.operand.name === 'list-name' ? readList(value, field, faults, context) : {}),
  };
  if (operator.reads !== undefined || (node.get('field') === KEY_FIELD && pair === null)) context.keyLeaves.add(leaf);
  return leaf;
}

function readValue(
  node: JsonObject,
  operator: Operator,
  field: CatalogField | null,
  typed: boolean,
  options: Options,
  faults: NodeFaults,
): NormalOperand | undefined {
  return operator.operand.read(node.get('value'), {
    type: field === null || !typed ? null : operandType(field.type),
    fieldName: field?.name ?? '',
    operator: typeof node.get('operator') === 'string' ? String(node.get('operator')) : operator.name,
    compare: options.compare ?? null,
    fail: faults.fail,
  });
}

/** The values of a named list; one that is empty now fails the tag when it runs. */
function readList(
  name: NormalOperand | undefined,
  field: CatalogField,
  faults: NodeFaults,
  context: CheckContext,
): Pick<NormalLeaf, 'items' | 'itemsHash'> {
  if (typeof name !== 'string' || context.catalog === null) return {};
  const list = context.catalog.lists.get(name);
  if (list === undefined) {
    faults.fail('LIST_UNKNOWN', '/value', `no list \`${name.slice(0, 80)}\`${didYouMean(name, context.catalog.lists.keys())}`);
    return {};
  }
  if (list.type.kind !== field.type.kind) {
    if (operandKinds.includes(field.type.kind))
      faults.fail('TYPE_MISMATCH', '/value', `the list \`${name}\` holds ${list.type.kind}, \`${field.name}\` is ${field.type.kind}`);
    return {};
  }
  if ((list.count ?? list.values.length) === 0) {
    context.runErrors.push({ code: 'LIST_EMPTY', path: faults.at('/value'), message: `the list \`${name}\` has no values` });
  }
  return list.hash !== undefined && list.values.length === 0 ? { itemsHash: list.hash } : { items: list.values };
}

const operandKinds: readonly string[] = ['string', 'int64'];

function warnAbout(node: JsonObject, operator: Operator, field: CatalogField, faults: NodeFaults): void {
  if (operator.name === 'recent_days' || operator.name === 'days_ago') {
    faults.warn('DAYS_MEANING', '/operator', `\`${operator.name}\`: ${operator.meaning}`);
  }
  if (operator.negates !== undefined && operator.onMissing === undefined && field.nullable && !node.has('missing')) {
    const message = `users without \`${field.name}\` stay UNKNOWN; say \`missing\`: \`match\` or \`no_match\` where they should not`;
    faults.warn('NEGATIVE_WITHOUT_MISSING', '', message);
  }
  const pattern = node.get('value');
  if (operator.operand.takes.startsWith('a pattern') && typeof pattern === 'string' && isFoundInEmpty(pattern)) {
    faults.warn('PATTERN_EMPTY', '/value', 'the pattern is found in every text, also in the empty one');
  }
  if (field.type.kind === 'string' && ['>', '>=', '<', '<='].includes(operator.name)) {
    faults.warn('STRING_ORDER', '/operator', 'texts are ordered by their bytes: `VIP10` comes before `VIP2`');
  }
}

const isFoundInEmpty = (pattern: string): boolean => pattern !== '' && patternProblem(pattern) === null && patternFound(pattern, '');
