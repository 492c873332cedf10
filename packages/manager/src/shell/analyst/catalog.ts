/** The field catalogue as people look at it. */
import type { CatalogAnswer } from '@tagmill/shared/api/rules';
import { typeName } from '@tagmill/shared/fields';
import { KEY_FIELD } from '@tagmill/shared/rules/key-leaves';
import { OPERATORS } from '@tagmill/shared/rules/operators/registry';
import { type Basis, catalogOf, shownBasis } from './basis.ts';

export function catalogAnswer(basis: Basis): CatalogAnswer {
  const { plan } = basis;
  const { fields } = catalogOf(basis);
  const named = Map.groupBy(fields, (field) => field.name);
  return {
    basis: shownBasis(basis),
    tables: plan.tables.map(({ name, rows, objects }) => ({ name, rows, objects: objects.length })),
    fields: fields.map((field) => ({
      // The user's key is the same in every table.
      name: field.name === KEY_FIELD || named.get(field.name)?.length === 1 ? field.name : `${field.table}.${field.name}`,
      table: field.table,
      type: typeName(field.type),
      nullable: field.nullable,
      stored: field.stored ?? null,
      unusable: field.unusable ?? null,
    })),
    faults: plan.faults.map(({ table, code, message }) => ({ table, code, message })),
    operators: OPERATORS.map(({ name, types, operand, meaning, label }) => ({
      name,
      types: [...types],
      operand: operand.name,
      meaning,
      en: label.en,
      zh: label.zh,
    })),
  };
}
