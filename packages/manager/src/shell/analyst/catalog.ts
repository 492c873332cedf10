/** The field catalogue as people look at it. */
import type { CatalogAnswer } from '@tagmill/shared/api/rules';
import { type Bilingual, changeSentence, type FieldDrift, type FieldFacts } from '@tagmill/shared/field-facts';
import type { FieldLook, FieldLooks, FieldsJob } from '@tagmill/shared/question';
import { type CatalogField, typeName } from '@tagmill/shared/fields';
import { checkWholeRule } from '@tagmill/shared/rules/check';
import { KEY_FIELD } from '@tagmill/shared/rules/key-leaves';
import { OPERATORS } from '@tagmill/shared/rules/operators/registry';
import type { StoredRule } from '../../tagstore/metadata.ts';
import type { Hall } from '../running.ts';
import { type Basis, catalogOf, shownBasis } from './basis.ts';
import { readsOf } from './checks.ts';

type LiveRule = Pick<StoredRule, 'tagId' | 'isActive' | 'ruleJson'>;

/** `rules`: the live ones, for the use of each field. */
export function catalogAnswer(basis: Basis, rules: readonly LiveRule[] = [], looks: readonly FieldLook[] = []): CatalogAnswer {
  const { plan } = basis;
  const { fields } = catalogOf(basis);
  const uses = usesOf(basis, rules);
  const facts = new Map((plan.facts ?? []).map((one) => [keyOf({ table: one.table, name: one.field }), one]));
  const looked = new Map(looks.map((one) => [keyOf({ table: one.table, name: one.field }), one]));
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
      ...told(facts.get(keyOf(field)), looked.get(keyOf(field))),
    })),
    drift: shownDrift(plan.drift),
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

type Told = Pick<CatalogAnswer['fields'][number], 'title' | 'description' | 'domain' | 'rows' | 'nulls' | 'min' | 'max' | 'looked'>;

function told(facts: FieldFacts | undefined, look: FieldLook | undefined): Told {
  const words = (both: Bilingual | undefined) => (both === undefined ? null : { en: both.en ?? null, zh: both.zh ?? null });
  return {
    title: words(facts?.about?.title),
    description: words(facts?.about?.description),
    domain: facts?.about?.domain ?? null,
    rows: facts?.rows ?? null,
    nulls: facts?.nulls ?? null,
    min: facts?.min ?? look?.min ?? null,
    max: facts?.max ?? look?.max ?? null,
    looked:
      look === undefined
        ? null
        : { rows: look.rows, nulls: look.nulls, values: look.values?.map(([value, rows]) => ({ value, rows })) ?? null },
  };
}

const shownDrift = (drift: FieldDrift | undefined): CatalogAnswer['drift'] =>
  drift === undefined
    ? null
    : {
        run_id: drift.runId,
        business_date: drift.businessDate,
        changes: drift.changes.map((change) => ({ ...change, sentence: changeSentence(change) })),
      };

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

/** Rows of each table that are looked at for the values of its fields. */
const LOOKED_ROWS = 200_000;
const LOOK_MS = 120_000;
/** Looks that are kept: what they were taken of does not change. */
const MOST_LOOKS = 4;

/** Values of the fields of pinned tables, each table looked at once. */
export class FieldValues {
  readonly #ask: (job: FieldsJob) => Promise<unknown>;
  readonly #kept = new Map<string, Promise<FieldLooks>>();

  constructor(hall: Hall) {
    this.#ask = (job) => hall.live().questions.once({ kind: 'fields' }, job, LOOK_MS);
  }

  /** Errors: UNREACHABLE, and those of reading the tables. */
  async of({ head, plan, clock }: Basis): Promise<readonly FieldLook[]> {
    if (head.tables === null) return [];
    const tables = plan.tables.filter(({ rows }) => rows > 0);
    const key = JSON.stringify(tables.map(({ name, objects }) => [name, objects.map(({ key: object, etag }) => [object, etag])]));
    let looks = this.#kept.get(key);
    if (looks === undefined) {
      const fields = plan.catalog.fields.filter((field) => field.unusable === undefined && field.name !== KEY_FIELD);
      const job: FieldsJob = { location: head.tables, keyType: plan.keyType, tables, fields, clock, rows: LOOKED_ROWS };
      looks = this.#ask(job) as Promise<FieldLooks>;
      this.#kept.set(key, looks);
      looks.catch(() => this.#kept.delete(key));
      for (const old of [...this.#kept.keys()].slice(0, -MOST_LOOKS)) this.#kept.delete(old);
    }
    return (await looks).looks;
  }
}
