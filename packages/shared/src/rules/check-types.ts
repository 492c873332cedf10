/** Whether a field's type goes with the rule's word for it and with the operator. */
import { type CatalogField, type FieldType, typeName } from '../fields.ts';
import type { NodeFaults } from './check-context.ts';
import type { JsonObject } from './json.ts';

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

/** The rule's own word for the type, where it has one, agrees with the catalogue. */
export function checkTypeWord(node: JsonObject, field: CatalogField, faults: NodeFaults): void {
  const word = node.get('type');
  const kinds = typeof word === 'string' && Object.hasOwn(TYPE_WORDS, word) ? TYPE_WORDS[word]! : [];
  if (word === undefined || kinds.includes(field.type.kind)) return;
  const said = typeof word === 'string' ? word.slice(0, 40) : 'something else';
  faults.fail('TYPE_MISMATCH', '/type', `\`${field.name}\` is ${typeName(field.type)}, the rule says ${said}`);
}

/** The field's type, or null when operator and type do not go together: the operand then has no type to be read by. */
export function checkTypes(
  node: JsonObject,
  field: CatalogField,
  operator: { readonly name: string; readonly types: readonly FieldType['kind'][]; readonly reads?: string },
  faults: NodeFaults,
): FieldType | null {
  if (operator.reads === undefined) checkTypeWord(node, field, faults);
  if (operator.types.includes(field.type.kind)) return field.type;
  const takes = operator.types.map((kind) => KIND_WORDS[kind]).join(', ');
  const hint = field.type.kind === 'array' ? 'for lists use `has`, `contains_any` or `contains_all`' : undefined;
  faults.fail('OPERATOR_TYPE', '/operator', `\`${operator.name}\` takes ${takes}; \`${field.name}\` is ${typeName(field.type)}`, hint);
  return null;
}
