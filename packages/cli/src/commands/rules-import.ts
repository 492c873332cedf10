/** `tagmill rules import`: checks the rules of a file and stores those that pass. */
import type { RuleImport, TagMetadata } from '@tagmill/manager/tagstore/metadata';
import { describeDatabase } from '@tagmill/shared/database-url';
import type { FieldCatalog } from '@tagmill/shared/fields';
import { basename } from 'node:path';
import { readTextFile } from '../files.ts';
import { databaseFlag, databaseOf, withMetadata } from '../flags/database.ts';
import { examples } from '../flags/flag.ts';
import { endpointFlag, tablesFlag, tablesOf } from '../flags/tables.ts';
import type { VerbModule } from '../program.ts';
import { plural, say } from '../say.ts';

const FORM = `
FILE is JSON: {"tags": [{"tag_id", "tag_name", "tag_category", "description",
"is_active", "rule_conditions"}, ...]}; other keys are ignored. A rule that fails
the check is told with code and path and not imported; the others are, and the
exit code is 1. Importing the same file again changes nothing.
`;

export const define: VerbModule['define'] = (command, run) => {
  command
    .argument('<FILE>', 'JSON file of rules')
    .addOption(databaseFlag())
    .addOption(tablesFlag())
    .addOption(endpointFlag())
    .option('--unchecked', 'store all rules as they are, as if somebody had edited the table', false)
    .addHelpText('after', FORM + examples('rules import rules.json --database sqlite:tags.sqlite --tables ./tables'));
  run(async (_, [file]) => {
    const target = databaseOf(command);
    const text = readTextFile(file!);
    const { parseRulesFile } = await import('@tagmill/manager/tagstore/rules');
    const rules = parseRulesFile(text, file!);
    const { unchecked } = command.opts<{ unchecked: boolean }>();
    const fields = unchecked ? null : await catalogOf();
    const passed = await withMetadata(target, async (metadata) => {
      await metadata.init();
      const passed = unchecked ? rules : await passing(rules, await withNames(fields, metadata, rules), basename(file!));
      const { created, changed } = await metadata.importRules(passed);
      say(
        `${plural(passed.length, 'tag')} of ${file} imported into ${describeDatabase(target)}: ${plural(created, 'row')} created, ${changed} changed`,
      );
      return passed;
    });
    const refused = rules.length - passed.length;
    if (refused > 0) say(`${plural(refused, 'rule')} not imported; correct them and import again`);
    return refused > 0 ? 1 : 0;
  });

  async function catalogOf(): Promise<FieldCatalog | null> {
    const location = tablesOf(command);
    if (location === undefined) {
      say('no --tables are given: fields and types are not checked, only what needs no field catalogue');
      return null;
    }
    const { readCatalog } = await import('../data/catalog.ts');
    const { catalog, faults, businessDate } = await readCatalog(location);
    for (const fault of faults) say(`${fault.code}: ${fault.message}; rules over ${fault.table} are refused`);
    say(`fields are those of ${businessDate}`);
    return catalog;
  }
};

/** The catalogue with the uploaded lists, and with the tags that the database has or the file brings. */
async function withNames(catalog: FieldCatalog | null, metadata: TagMetadata, rules: readonly RuleImport[]): Promise<FieldCatalog | null> {
  if (catalog === null) return null;
  const { catalogTags, pinLists } = await import('@tagmill/manager/shell/pin-run');
  const texts = new Map((await metadata.loadRules()).map((rule) => [rule.tagId, rule.ruleJson]));
  for (const { tagId, ruleJson } of rules) if (ruleJson !== null) texts.set(tagId, ruleJson);
  const tags = catalogTags([...texts].map(([tagId, ruleJson]) => ({ tagId, ruleJson })));
  return { ...catalog, lists: await pinLists(metadata.lists, new Set()), tags };
}

/** The rules that pass the check; what is wrong with the others is told. Inactive rules are checked too. */
async function passing(rules: readonly RuleImport[], catalog: FieldCatalog | null, file: string): Promise<readonly RuleImport[]> {
  const { checkWholeRule } = await import('@tagmill/shared/rules/check');
  return rules.filter((rule) => {
    if (rule.ruleJson === null) return true;
    const { errors, warnings } = checkWholeRule(rule.ruleJson, catalog, String(rule.tagId));
    const name = `${file}: tag ${rule.tagId} ${rule.tagName}`;
    for (const { code, path, message, hint } of errors) {
      say(`${name}: ${code} at ${path === '' ? 'the whole rule' : path}: ${message}${hint === undefined ? '' : ` (${hint})`}`);
    }
    for (const { code, path, message } of warnings) say(`${name}: note ${code} at ${path === '' ? 'the whole rule' : path}: ${message}`);
    return errors.length === 0;
  });
}
