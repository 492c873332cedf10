/** Examples of a rule: users with the result that they must have, kept with the rule and asked at every save. */
import type { CatalogField, FieldCatalog, RunClock } from '../fields.ts';
import { indexCatalog } from './catalog-index.ts';
import { makeClock } from './clock.ts';
import { byReference, decidingLeaves, leafNodes, truthTree } from './explain/tree.ts';
import { KEY_FIELD } from './key-leaves.ts';
import type { WholeRule } from './normal.ts';
import type { Truth } from './reference.ts';
import { type Cell, readCell, type Value } from './values.ts';

/** A cell as people write it: numbers and dates as text or as JSON numbers. */
export type WrittenCell = string | number | boolean | null | readonly (string | number | null)[];

export interface RuleExample {
  readonly name: string;
  /** Values by field, named as rules name them; what is not there is missing. */
  readonly row: Readonly<Record<string, WrittenCell>>;
  readonly expect: Truth;
  /** The day that the rule takes as today; the newest data's when absent. */
  readonly as_of?: string | undefined;
}

export interface ExampleResult {
  readonly name: string;
  readonly expect: Truth;
  /** Null: the example itself cannot be read. */
  readonly got: Truth | null;
  readonly ok: boolean;
  /** Why it cannot be read. */
  readonly problem: string | null;
}

export interface ExamplesReport {
  readonly results: readonly ExampleResult[];
  /** Paths of leaves on which no example depends. */
  readonly undecided: readonly string[];
}

/** Evaluates a rule on its examples. A wide leaf (events, other tags, population) gives U: an example has one row only. */
export function runExamples(rule: WholeRule, catalog: FieldCatalog, examples: readonly RuleExample[], clock: RunClock): ExamplesReport {
  const steps = examplesInSteps(rule, catalog, examples, clock);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same with a pause after each example, at which others may have their turn. */
export function* examplesInSteps(
  rule: WholeRule,
  catalog: FieldCatalog,
  examples: readonly RuleExample[],
  clock: RunClock,
): Generator<void, ExamplesReport> {
  const index = indexCatalog(catalog);
  const decided = new Set<string>();
  const results: ExampleResult[] = [];
  for (const example of examples) {
    results.push(resultOf(rule, example, index, clock, decided));
    yield;
  }
  const leaves = leafNodes(truthTree(rule, () => 'U')).map((leaf) => leaf.path);
  return { results, undecided: leaves.filter((path) => !decided.has(path)) };
}

function resultOf(
  rule: WholeRule,
  example: RuleExample,
  index: ReturnType<typeof indexCatalog>,
  clock: RunClock,
  decided: Set<string>,
): ExampleResult {
  const { name, expect } = example;
  const seen = readExample(example, index, clock);
  if (typeof seen === 'string') return { name, expect, got: null, ok: false, problem: seen };
  const tree = truthTree(rule, byReference(seen.valueIn, seen.clock));
  for (const path of decidingLeaves(tree)) decided.add(path);
  return { name, expect, got: tree.truth, ok: tree.truth === expect, problem: null };
}

interface SeenExample {
  readonly valueIn: (field: CatalogField) => Value | null;
  readonly clock: RunClock;
}

const keyOf = (field: CatalogField): string => (field.name === KEY_FIELD ? KEY_FIELD : JSON.stringify([field.table, field.name]));

function readExample(example: RuleExample, index: ReturnType<typeof indexCatalog>, clock: RunClock): SeenExample | string {
  const day = example.as_of;
  const own = day === undefined ? clock : makeClock({ asOf: day, businessDate: day.slice(0, 10), zone: clock.zone });
  const values = new Map<string, Value | null>();
  for (const [name, written] of Object.entries(example.row)) {
    const found = index.find(name);
    if (!('field' in found)) return found.message;
    // What an example says is the value itself, however it lies in files.
    const { stored: _, ...field } = found.field;
    const value = readCell(field, cellOf(written, field.type.kind), own);
    if (value === null && written !== null) return `${JSON.stringify(written).slice(0, 80)} is no ${field.type.kind} (\`${name}\`)`;
    values.set(keyOf(found.field), value);
  }
  return { valueIn: (field) => values.get(keyOf(field)) ?? null, clock: own };
}

function cellOf(written: WrittenCell, kind: string): Cell {
  if (typeof written === 'number') return kind === 'double' ? written : String(written);
  if (Array.isArray(written)) return (written as readonly (string | number | null)[]).map((item) => (item === null ? null : String(item)));
  return written as Cell;
}
