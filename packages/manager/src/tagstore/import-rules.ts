/** What an import does to the three tables of rules, by statements that every database gives. */
import type { ImportCounts, RuleImport } from './metadata.ts';
import { sameJson } from './rules.ts';

export interface DefinitionRow {
  readonly tagName: string;
  readonly category: string;
  readonly description: string | null;
  readonly isActive: boolean;
}

export interface NewestRule {
  readonly ruleId: number;
  readonly ruleJson: string;
  readonly isActive: boolean;
}

/** Statements of one database, all inside one transaction. */
export interface RuleTables {
  hasCategory(name: string): Promise<boolean>;
  addCategory(name: string): Promise<void>;
  definition(tagId: number): Promise<DefinitionRow | undefined>;
  addDefinition(tagId: number, row: DefinitionRow): Promise<void>;
  setDefinition(tagId: number, row: DefinitionRow): Promise<void>;
  /** The rule that loadRules would choose. */
  chosenRule(tagId: number): Promise<NewestRule | undefined>;
  addRule(tagId: number, ruleJson: string, isActive: boolean): Promise<void>;
  setRule(ruleId: number, ruleJson: string, isActive: boolean): Promise<void>;
  /** Makes the tag's other rules inactive. */
  retireOthers(tagId: number, ruleId: number): Promise<number>;
}

export async function importInto(tables: RuleTables, rules: readonly RuleImport[]): Promise<ImportCounts> {
  const counts = { created: 0, changed: 0 };
  for (const rule of rules) {
    if (rule.category !== '' && !(await tables.hasCategory(rule.category))) {
      await tables.addCategory(rule.category);
      counts.created += 1;
    }
    await importDefinition(tables, rule, counts);
    if (rule.ruleJson !== null) await importRule(tables, rule, rule.ruleJson, counts);
  }
  return counts;
}

async function importDefinition(tables: RuleTables, rule: RuleImport, counts: { created: number; changed: number }): Promise<void> {
  const held = await tables.definition(rule.tagId);
  // An inactive rule leaves its tag active: the definition says whether the tag exists, the rule whether it runs.
  const isActive = rule.ruleJson === null ? rule.isActive : rule.isActive || (held?.isActive ?? true);
  const row: DefinitionRow = { tagName: rule.tagName, category: rule.category, description: rule.description, isActive };
  if (held === undefined) {
    await tables.addDefinition(rule.tagId, row);
    counts.created += 1;
    return;
  }
  const same = held.tagName === row.tagName && held.category === row.category && held.description === row.description;
  if (same && held.isActive === row.isActive) return;
  await tables.setDefinition(rule.tagId, row);
  counts.changed += 1;
}

async function importRule(
  tables: RuleTables,
  rule: RuleImport,
  ruleJson: string,
  counts: { created: number; changed: number },
): Promise<void> {
  const held = await tables.chosenRule(rule.tagId);
  if (held === undefined) {
    await tables.addRule(rule.tagId, ruleJson, rule.isActive);
    counts.created += 1;
    return;
  }
  counts.changed += await tables.retireOthers(rule.tagId, held.ruleId);
  if (held.isActive === rule.isActive && sameJson(held.ruleJson, ruleJson)) return;
  await tables.setRule(held.ruleId, ruleJson, rule.isActive);
  counts.changed += 1;
}
