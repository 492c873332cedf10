/** Which engine answers which leaf of a table: leaves are sorted into indexes by field, the rest is left to SQL. */
import type { CatalogField, RunClock } from '@tagmill/shared/fields';
import type { RuleEngine } from '@tagmill/shared/rule-engine';
import type { NormalLeaf } from '@tagmill/shared/rules/normal';
import { codedField, type NamingLeaf, valuesOf } from './coded-field.ts';
import type { FieldIndex } from './field-index.ts';
import { orderedField, type SpanLeaf } from './ordered-field.ts';
import { spansOf } from './spans.ts';

/** A look-up goes through the texts one by one where the column has no dictionary: still less than one SQL list for each leaf. */
const MOST_TEXTS = 1_024;
/** Fewer leaves of a field than this are cheaper as SQL than to carry its values over. */
const WORTH_LEAVES = 4;

interface Group {
  readonly field: CatalogField;
  readonly fold: boolean;
  readonly ordered: SpanLeaf[];
  readonly named: NamingLeaf[];
}

export interface Choice {
  readonly columns: readonly FieldIndex[];
  /** Leaves that no index has. */
  readonly sql: readonly NormalLeaf[];
}

export function chooseEngines(leaves: readonly NormalLeaf[], engine: RuleEngine, clock: RunClock): Choice {
  if (engine === 'sql') return { columns: [], sql: leaves };
  const groups = new Map<string, Group>();
  for (const node of leaves) addTo(groups, node, clock);
  const columns: FieldIndex[] = [];
  for (const group of groups.values()) {
    const index = indexOf(group);
    if (index !== null && (engine === 'index' || index.leaves.length >= WORTH_LEAVES)) columns.push(index);
  }
  const indexed = new Set(columns.flatMap((column) => column.leaves.map((leaf) => leaf.node)));
  return { columns, sql: leaves.filter((node) => !indexed.has(node)) };
}

function addTo(groups: Map<string, Group>, node: NormalLeaf, clock: RunClock): void {
  const spans = spansOf(node, clock);
  const values = spans === null ? valuesOf(node) : null;
  if (spans === null && values === null) return;
  if (values !== null && values.length > MOST_TEXTS) return;
  const fold = node.case === 'fold';
  const key = JSON.stringify([node.field.name, fold]);
  const group = groups.get(key) ?? { field: node.field, fold, ordered: [], named: [] };
  groups.set(key, group);
  if (spans !== null) group.ordered.push({ node, spans });
  else if (values !== null) group.named.push({ node, values });
}

function indexOf({ field, fold, ordered, named }: Group): FieldIndex | null {
  if (ordered.length > 0) return orderedField(field, ordered);
  const names = new Set<string>();
  const taken: NamingLeaf[] = [];
  for (const leaf of named.toSorted((a, b) => a.values.length - b.values.length)) {
    const more = leaf.values.filter((value) => !names.has(value));
    if (names.size + more.length > MOST_TEXTS) break;
    for (const value of more) names.add(value);
    taken.push(leaf);
  }
  return codedField(field, taken, fold);
}
