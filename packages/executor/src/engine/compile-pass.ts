/**
 * A pass made ready for its shards: the tables to scan, each distinct leaf
 * once, and the steps that combine leaves into tags.
 */
import { TagmillError } from '@tagmill/shared/errors';
import type { CatalogField } from '@tagmill/shared/fields';
import type { PassJob, PassTag, PlannedTable } from '@tagmill/shared/job';
import type { RuleEngine } from '@tagmill/shared/rule-engine';
import type { Group, NormalLeaf, WholeRule, WideLeaf } from '@tagmill/shared/rules/normal';
import type { Derived } from './derived/derived-table.ts';
import { DerivedDrafts } from './derived/drafts.ts';
import { chooseEngines } from './index/choose.ts';
import { slotsOf, type TableIndex, tableIndex } from './index/table-index.ts';
import { leafSql, readColumn } from './leaf-sql.ts';
import { wholeTablesOf } from '@tagmill/shared/rules/reads';
import type { Step } from './planes.ts';
import { ProgramBuilder } from './program.ts';
import type { ReadColumn } from './scan-sql.ts';
import { isTagLeaf, TagStates } from './wide/tag-states.ts';

export interface PassTable {
  readonly table: PlannedTable;
  readonly columns: readonly ReadColumn[];
  /** SQL of its leaves; leaf i has the slot `firstSlot + i`. */
  readonly leaves: readonly string[];
  readonly firstSlot: number;
  /** Its leaves that are no SQL. */
  readonly index?: TableIndex;
  /** The table is a sorted copy in the cache. */
  readonly copied?: boolean;
  /** It is no table of the plan but made of others. */
  readonly derived?: Derived;
}

export interface CompiledTag {
  readonly tag: PassTag;
  /** Slot of the result among evaluated users. */
  readonly result: number;
  /** Slot that must be T for a user to be evaluated; -1: everybody is. */
  readonly eligible: number;
  /** Tables, by index, of which at least one must have the user. */
  readonly reads: readonly number[];
}

export interface CompiledPass {
  readonly tables: readonly PassTable[];
  readonly tags: readonly CompiledTag[];
  readonly steps: readonly Step[];
  readonly slots: number;
  /** Slot that must be T for a user to be in the run's scope; -1 when a list or nothing limits it. */
  readonly scope: number;
}

interface TableDraft {
  readonly table: PlannedTable;
  readonly fields: Map<string, CatalogField>;
  readonly leaves: { readonly node: NormalLeaf; slot: number }[];
}

type Leaf = NormalLeaf | WideLeaf;

const isGroup = (rule: WholeRule): rule is Group<WholeRule> => 'logic' in rule;
const REGISTERED = 'registration_date';

/**
 * Errors: FIELD_REQUIRED when the scope needs `registration_date` and no table
 * or more than one has it; TABLE_NO_DATA when a tag reads a table that the plan lacks.
 */
export function compilePass(job: PassJob, engine: RuleEngine = 'auto'): CompiledPass {
  const drafts = draftTables(job);
  const found = new Map<string, { slot: number }>();
  const derived = new DerivedDrafts(job);
  const states = new TagStates(job, derived);
  const leaf = (node: Leaf): { slot: number } => {
    const name = JSON.stringify(node);
    const known = found.get(name) ?? derived.add(node);
    if (known !== undefined) {
      found.set(name, known);
      return known;
    }
    if ('kind' in node) throw new TagmillError('INTERNAL', `a leaf with ${node.operator} has no table`);
    const draft = drafts.get(node.field.table);
    if (draft === undefined) throw noTable(node.field.table);
    draft.fields.set(node.field.name, node.field);
    if (node.other !== undefined) draft.fields.set(node.other.name, node.other);
    const added = { node, slot: -1 };
    draft.leaves.push(added);
    found.set(name, added);
    return added;
  };
  const rules = job.tags.flatMap((tag) => [tag.rule, ...tag.onlyUsers, ...tag.onlyMatches]);
  const visit = (node: Leaf): void => {
    if (isTagLeaf(node)) states.find(node, visit);
    else leaf(node);
  };
  for (const rule of rules) eachLeaf(rule, visit);
  const scopeLeaf = job.users.kind === 'registered' ? leaf(registeredLeaf(job, job.users)) : undefined;
  let slots = 0;
  const scanned: PassTable[] = [];
  for (const draft of drafts.values()) {
    const table = scannedTable(draft, slots, engine, job);
    slots += table.leaves.length + slotsOf(table.index?.columns ?? []);
    scanned.push(table);
  }
  slots = derived.number(slots);
  const program: ProgramBuilder = new ProgramBuilder(slots, (node) =>
    isTagLeaf(node) ? states.slot(node, program, leaf) : leaf(node).slot,
  );
  const index = new Map([...drafts.keys()].map((name, at) => [name, at]));
  const readsOf = (tag: PassTag): number[] => [
    ...[tag, ...states.rulesBehind(tag.rule)].flatMap(({ rule, reads }) => [
      ...reads.flatMap((table) => index.get(table) ?? []),
      ...derived.readersOf(rule).map((at) => drafts.size + at),
    ]),
  ];
  const tags = job.tags.map((tag) => compileTag(tag, program, readsOf(tag)));
  return { tables: [...scanned, ...derived.tables()], tags, steps: program.steps, slots: program.slots, scope: scopeLeaf?.slot ?? -1 };
}

/** A table with the leaves that SQL answers first, then those of its index; each gets its slot, from `firstSlot` on. */
function scannedTable({ table, fields, leaves }: TableDraft, firstSlot: number, engine: RuleEngine, job: PassJob): PassTable {
  const draftOf = new Map(leaves.map((one) => [one.node, one]));
  const nodes = leaves.map((one) => one.node);
  const { columns, sql } = chooseEngines(nodes, engine, job.clock);
  sql.forEach((node, at) => {
    draftOf.get(node)!.slot = firstSlot + at;
  });
  const index = tableIndex(columns, firstSlot + sql.length, (node, slot) => {
    draftOf.get(node)!.slot = slot;
  });
  return {
    table,
    columns: [...fields.values()].map((field) => readColumn(field, job.clock)),
    leaves: sql.map((node) => leafSql(node, job.clock)),
    firstSlot,
    ...(columns.length === 0 ? {} : { index }),
  };
}

/** The tables that the pass's tags read, in the order of the plan. */
function draftTables(job: PassJob): Map<string, TableDraft> {
  const all = [...job.tags, ...(job.upstream ?? [])];
  const wanted = new Set(all.flatMap((tag) => tag.reads));
  for (const tag of all) {
    for (const rule of [tag.rule, ...tag.onlyUsers, ...tag.onlyMatches]) for (const table of wholeTablesOf(rule)) wanted.add(table);
  }
  if (job.users.kind === 'registered') wanted.add(registeredField(job).table);
  for (const { name } of job.events ?? []) wanted.delete(name);
  for (const name of wanted) if (!job.tables.some((table) => table.name === name)) throw noTable(name);
  const drafts = new Map<string, TableDraft>();
  for (const table of job.tables) if (wanted.has(table.name)) drafts.set(table.name, { table, fields: new Map(), leaves: [] });
  return drafts;
}

const noTable = (table: string): TagmillError =>
  new TagmillError('TABLE_NO_DATA', `a tag of the pass reads ${table}, which the plan could not read`, { table });

function eachLeaf(rule: WholeRule, visit: (leaf: Leaf) => unknown): void {
  if (!isGroup(rule)) visit(rule);
  else for (const child of rule.conditions) eachLeaf(child, visit);
}

function compileTag(tag: PassTag, program: ProgramBuilder, reads: readonly number[]): CompiledTag {
  const own = program.rule(tag.rule);
  return {
    tag,
    // A match that fails a condition of its class is no match, whether that is F or U.
    result: tag.onlyMatches.length === 0 ? own : program.step('AND', [own, program.allTrue(tag.onlyMatches)]),
    eligible: tag.onlyUsers.length === 0 ? -1 : program.allTrue(tag.onlyUsers),
    reads,
  };
}

function registeredField(job: PassJob): CatalogField {
  const fields = job.catalog.fields.filter(
    (field) => field.name === REGISTERED && field.unusable === undefined && ['date', 'timestamp'].includes(field.type.kind),
  );
  const [field] = fields;
  if (fields.length === 1 && field !== undefined) return field;
  const where = fields.length === 0 ? 'no table has it' : `${fields.map((one) => one.table).join(' and ')} have it`;
  throw new TagmillError('FIELD_REQUIRED', `users by date of registration need one date ${REGISTERED}, but ${where}`, {
    field: REGISTERED,
  });
}

function registeredLeaf(job: PassJob, users: { readonly from: string; readonly to: string }): NormalLeaf {
  return { field: registeredField(job), operator: 'date_between', value: [users.from, users.to], missing: 'no_match' };
}
