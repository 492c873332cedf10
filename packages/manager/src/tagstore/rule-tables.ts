/** The three tables of rules in SQL that every database here understands. */
import type { DefinitionRow, NewestRule, RuleTables } from './import-rules.ts';
import { chooseRules, type RuleRow } from './rules.ts';
import { flagOf, numberOf, type SqlRow, type SqlTransaction, textOf, textOrNull } from './sql-database.ts';

// CAST, because a driver would parse a JSON column, and lose what JavaScript's numbers cannot hold.
export const SELECT_RULES = `SELECT r.rule_id, r.tag_id, d.tag_name, d.tag_category, d.description,
  r.is_active AS rule_active, d.is_active AS tag_active, CAST(r.rule_conditions AS CHAR) AS rule_json
  FROM tag_rules r JOIN tag_definition d ON d.tag_id = r.tag_id`;

export const SELECT_DEFINITIONS = 'SELECT tag_id, tag_name, tag_category, description, is_active FROM tag_definition';

export const ruleRow = (row: SqlRow): RuleRow => ({
  ruleId: numberOf(row['rule_id']),
  tagId: numberOf(row['tag_id']),
  tagName: textOf(row['tag_name']),
  category: textOf(row['tag_category']),
  description: textOrNull(row['description']),
  ruleActive: flagOf(row['rule_active']),
  tagActive: flagOf(row['tag_active']),
  ruleJson: textOf(row['rule_json']),
});

export const definitionRow = (row: SqlRow): DefinitionRow => ({
  tagName: textOf(row['tag_name']),
  category: textOf(row['tag_category']),
  description: textOrNull(row['description']),
  isActive: flagOf(row['is_active']),
});

export class SqlRuleTables implements RuleTables {
  readonly #transaction: SqlTransaction;

  constructor(transaction: SqlTransaction) {
    this.#transaction = transaction;
  }

  async hasCategory(name: string): Promise<boolean> {
    return (await this.#transaction.all('SELECT 1 AS found FROM tag_category WHERE category_name = ?', [name])).length > 0;
  }

  async addCategory(name: string): Promise<void> {
    await this.#transaction.run('INSERT INTO tag_category (category_name, is_active) VALUES (?, 1)', [name]);
  }

  async definition(tagId: number): Promise<DefinitionRow | undefined> {
    const [row] = await this.#transaction.all(`${SELECT_DEFINITIONS} WHERE tag_id = ?`, [tagId]);
    return row === undefined ? undefined : definitionRow(row);
  }

  async addDefinition(tagId: number, row: DefinitionRow): Promise<void> {
    await this.#transaction.run(
      'INSERT INTO tag_definition (tag_id, tag_name, tag_category, description, is_active) VALUES (?, ?, ?, ?, ?)',
      [tagId, ...definitionValues(row)],
    );
  }

  async setDefinition(tagId: number, row: DefinitionRow): Promise<void> {
    await this.#transaction.run(
      'UPDATE tag_definition SET tag_name = ?, tag_category = ?, description = ?, is_active = ? WHERE tag_id = ?',
      [...definitionValues(row), tagId],
    );
  }

  async chosenRule(tagId: number): Promise<NewestRule | undefined> {
    const rows = (await this.#transaction.all(`${SELECT_RULES} WHERE r.tag_id = ?`, [tagId])).map(ruleRow);
    const [chosen] = chooseRules(rows);
    if (chosen === undefined) return undefined;
    const { ruleId, ruleJson } = chosen;
    return { ruleId, ruleJson, isActive: rows.find((row) => row.ruleId === ruleId)!.ruleActive };
  }

  async addRule(tagId: number, ruleJson: string, isActive: boolean): Promise<void> {
    await this.#transaction.run('INSERT INTO tag_rules (tag_id, rule_conditions, is_active) VALUES (?, ?, ?)', [
      tagId,
      ruleJson,
      Number(isActive),
    ]);
  }

  async setRule(ruleId: number, ruleJson: string, isActive: boolean): Promise<void> {
    await this.#transaction.run('UPDATE tag_rules SET rule_conditions = ?, is_active = ? WHERE rule_id = ?', [
      ruleJson,
      Number(isActive),
      ruleId,
    ]);
  }

  async retireOthers(tagId: number, ruleId: number): Promise<number> {
    return await this.#transaction.run('UPDATE tag_rules SET is_active = 0 WHERE tag_id = ? AND rule_id <> ? AND is_active = 1', [
      tagId,
      ruleId,
    ]);
  }
}

const definitionValues = (row: DefinitionRow): [string, string, string | null, number] => [
  row.tagName,
  row.category,
  row.description,
  Number(row.isActive),
];
