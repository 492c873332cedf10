/** The field catalogue as people look at it. */
import type { CatalogAnswer } from '@tagmill/shared/api/rules';
import { type CatalogField, typeName } from '@tagmill/shared/fields';
import { checkWholeRule } from '@tagmill/shared/rules/check';
import { KEY_FIELD } from '@tagmill/shared/rules/key-leaves';
import { OPERATORS } from '@tagmill/shared/rules/operators/registry';
import type { StoredRule } from '../../tagstore/metadata.ts';
import { type Basis, catalogOf, shownBasis } from './basis.ts';
import { readsOf } from './checks.ts';

type LiveRule = Pick<StoredRule, 'tagId' | 'isActive' | 'ruleJson'>;

/** `rules`: the live ones, for the use of each field. */
export function catalogAnswer(basis: Basis, rules: readonly LiveRule[] = []): CatalogAnswer {
  const { plan } = basis;
  const { fields } = catalogOf(basis);
  const uses = usesOf(basis, rules);
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
      used_by: uses.get(keyOf(field)) ?? [],
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

const keyOf = ({ table, name }: Pick<CatalogField, 'table' | 'name'>): string => `${table}.${name}`;

/** Tags by the field that their rules read; rules that these tables refuse read nothing. */
function usesOf(basis: Basis, rules: readonly LiveRule[]): ReadonlyMap<string, number[]> {
  const uses = new Map<string, number[]>();
  for (const { tagId, isActive, ruleJson } of rules) {
    const { rule } = isActive ? checkWholeRule(ruleJson, catalogOf(basis), String(tagId)) : { rule: null };
    const keys = rule === null ? [] : readsOf(rule).flatMap(({ table, fields }) => fields.map((name) => keyOf({ table, name })));
    for (const key of keys) uses.set(key, [...(uses.get(key) ?? []), tagId]);
  }
  return uses;
}
