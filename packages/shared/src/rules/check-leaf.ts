/** The check of one condition (operators.md 1, 4 and 6). */
import { type CatalogField, type FieldType, typeName } from '../fields.ts';
import { type CheckContext, checkKeys, checkNote, NodeFaults } from './check-context.ts';
import { COMPARES, compareNamed } from './counted.ts';
import type { Json, JsonObject } from './json.ts';
import { KEY_FIELD } from './key-leaves.ts';
import type { Missing, NormalLeaf } from './normal.ts';
import { type Operator, operandType } from './operator.ts';
import { findOperator, LATER_OPERATORS, OPERATOR_NAMES } from './operators/registry.ts';
import { didYouMean } from './suggest.ts';

const isComparison = (operator: Operator): boolean => operator.group === 'compare';

/** Checks a condition and gives its normal form; null when it has a fault or its field is not known. */
export function checkLeaf(node: JsonObject, path: string, context: CheckContext): NormalLeaf | null {
  const faults = new NodeFaults(context, path);
  checkNote(node.get('note'), faults);
  const operator = readOperator(node, faults);
  const leaf = operator === null ? null : checkWithOperator(node, operator, faults, context);
  if (operator === null && node.has('field')) readField(node, faults, context);
  return faults.close() ? leaf : null;
}

function readOperator(node: JsonObject, faults: NodeFaults): Operator | null {
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
  if (operator !== null && isComparison(operator) && node.has('other')) {
    faults.fail('OPERATOR_UNKNOWN', '/operator', `this version cannot compare a field with another field yet (\`${name}\` with \`other\`)`);
    return null;
  }
  if (operator === null) {
    const later = LATER_OPERATORS.includes(name);
    const shown = name.slice(0, 60);
    const message = later
      ? `this version does not have the operator \`${shown}\` yet`
      : `unknown operator \`${shown}\`${didYouMean(name, OPERATOR_NAMES)}`;
    faults.fail('OPERATOR_UNKNOWN', '/operator', message);
  }
  return operator;
}

function checkWithOperator(node: JsonObject, operator: Operator, faults: NodeFaults, context: CheckContext): NormalLeaf | null {
  checkKeys(node, ['field', 'operator', 'value', 'type', 'note', ...operator.keys], faults);
  const field = readField(node, faults, context);
  const type = field === null ? null : checkTypes(node, field, operator, faults);
  const options = readOptions(node, operator, field, faults);
  const value = operator.operand.read(node.get('value'), {
    type: type === null ? null : operandType(type),
    fieldName: field?.name ?? '',
    operator: String(node.get('operator')),
    compare: options.compare ?? null,
    fail: faults.fail,
  });
  if (field === null) return null;
  warnAbout(node, operator, field, faults);
  const leaf: NormalLeaf = {
    field,
    operator: operator.name,
    ...(value === undefined ? {} : { value }),
    ...(options.case === undefined ? {} : { case: options.case }),
    ...(options.compare === undefined ? {} : { compare: options.compare }),
    missing: options.missing,
  };
  if (node.get('field') === KEY_FIELD) context.keyLeaves.add(leaf);
  return leaf;
}

function readField(node: JsonObject, faults: NodeFaults, context: CheckContext): CatalogField | null {
  const name = node.get('field');
  if (name === undefined) {
    faults.fail('KEY_MISSING', '', 'a condition needs `field`');
    return null;
  }
  if (typeof name !== 'string') {
    faults.fail('FIELD_UNKNOWN', '/field', '`field` is the name of a column');
    return null;
  }
  if (context.catalog === null) return null;
  const found = context.catalog.find(name);
  if ('field' in found) return found.field;
  faults.fail(found.code, '/field', found.message);
  return null;
}

const TYPE_WORDS: Readonly<Record<string, readonly FieldType['kind'][]>> = {
  number: ['int64', 'decimal', 'double'],
  string: ['string'],
  enum: ['string'],
  boolean: ['boolean'],
  date: ['date', 'timestamp'],
  array: ['array'],
  list: ['array'],
  int64: ['int64'],
  decimal: ['decimal'],
  double: ['double'],
  timestamp: ['timestamp'],
};

const KIND_WORDS: Readonly<Record<FieldType['kind'], string>> = {
  string: 'text',
  int64: 'whole numbers',
  decimal: 'decimals',
  double: 'doubles',
  boolean: 'booleans',
  date: 'dates',
  timestamp: 'timestamps',
  array: 'lists',
};

/** The field's type, or null when operator and type do not go together: the operand then has no type to be read by. */
function checkTypes(node: JsonObject, field: CatalogField, operator: Operator, faults: NodeFaults): FieldType | null {
  const word = node.get('type');
  const kinds = typeof word === 'string' && Object.hasOwn(TYPE_WORDS, word) ? TYPE_WORDS[word]! : [];
  if (word !== undefined && !kinds.includes(field.type.kind)) {
    const said = typeof word === 'string' ? word.slice(0, 40) : 'something else';
    faults.fail('TYPE_MISMATCH', '/type', `\`${field.name}\` is ${typeName(field.type)}, the rule says ${said}`);
  }
  if (operator.types.includes(field.type.kind)) return field.type;
  const takes = operator.types.map((kind) => KIND_WORDS[kind]).join(', ');
  const hint = field.type.kind === 'array' ? 'for lists use `has`, `contains_any` or `contains_all`' : undefined;
  faults.fail('OPERATOR_TYPE', '/operator', `\`${operator.name}\` takes ${takes}; \`${field.name}\` is ${typeName(field.type)}`, hint);
  return null;
}

interface Options {
  readonly missing: Missing;
  readonly case?: 'exact' | 'fold';
  readonly compare?: string;
}

const isMissing = (value: Json): value is Missing => value === 'unknown' || value === 'match' || value === 'no_match';

function readOptions(node: JsonObject, operator: Operator, field: CatalogField | null, faults: NodeFaults): Options {
  const missing = operator.keys.includes('missing') ? (node.get('missing') ?? (node.has('missing') ? null : 'unknown')) : 'unknown';
  if (!isMissing(missing)) faults.fail('OPTION_INVALID', '/missing', '`missing` is `unknown`, `match` or `no_match`');
  const fold = readCase(node, operator, field, faults);
  const compare = readCompare(node, operator, faults);
  return {
    missing: isMissing(missing) ? missing : 'unknown',
    ...(fold === undefined ? {} : { case: fold }),
    ...(compare === undefined ? {} : { compare }),
  };
}

function readCase(node: JsonObject, operator: Operator, field: CatalogField | null, faults: NodeFaults): 'fold' | undefined {
  if (!operator.keys.includes('case') || !node.has('case')) return undefined;
  const value = node.get('case');
  if (value !== 'exact' && value !== 'fold') {
    faults.fail('OPTION_INVALID', '/case', '`case` is `exact` or `fold`');
  } else if (field !== null && field.type.kind !== 'string') {
    faults.fail('OPTION_INVALID', '/case', `\`case\` is for text; \`${field.name}\` is ${typeName(field.type)}`);
  } else if (value === 'fold') {
    return 'fold';
  }
  return undefined;
}

function readCompare(node: JsonObject, operator: Operator, faults: NodeFaults): string | undefined {
  if (!operator.keys.includes('compare')) return undefined;
  if (!node.has('compare')) {
    faults.fail('KEY_MISSING', '', `\`${operator.name}\` needs \`compare\``);
    return undefined;
  }
  const value = node.get('compare');
  const compare = typeof value === 'string' ? compareNamed(value) : null;
  if (compare !== null) return compare;
  faults.fail('OPTION_INVALID', '/compare', `\`compare\` is one of ${COMPARES.join(' ')}`);
  return undefined;
}

function warnAbout(node: JsonObject, operator: Operator, field: CatalogField, faults: NodeFaults): void {
  if (operator.name === 'recent_days' || operator.name === 'days_ago') {
    faults.warn('DAYS_MEANING', '/operator', `\`${operator.name}\`: ${operator.meaning}`);
  }
  if (operator.negates !== undefined && operator.onMissing === undefined && field.nullable && !node.has('missing')) {
    const message = `users without \`${field.name}\` stay UNKNOWN; say \`missing\`: \`match\` or \`no_match\` where they should not`;
    faults.warn('NEGATIVE_WITHOUT_MISSING', '', message);
  }
  if (field.type.kind === 'string' && ['>', '>=', '<', '<='].includes(operator.name)) {
    faults.warn('STRING_ORDER', '/operator', 'texts are ordered by their bytes: `VIP10` comes before `VIP2`');
  }
}
