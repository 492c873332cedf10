/** Which derived tables a pass needs, and the leaves of each, as they are found while the pass is compiled. */
import { TagmillError } from '@tagmill/shared/errors';
import type { RunClock } from '@tagmill/shared/fields';
import type { PassJob, PlannedTable } from '@tagmill/shared/job';
import type { AggregateLeaf, ChangeLeaf, NormalLeaf, WholeRule, WideLeaf } from '@tagmill/shared/rules/normal';
import { wholeLeavesOf } from '@tagmill/shared/rules/reads';
import type { ReadColumn } from '../scan-sql.ts';
import { ChangeDraft } from './change-table.ts';
import type { Derived } from './derived-table.ts';
import { EventDraft, partitionsOf } from './event-table.ts';
import { MemberDraft } from './member-table.ts';
import { isAcrossTables, PairDraft } from './pair-table.ts';

/** What `compile-pass.ts` calls a table of a pass, made of others. */
export interface DerivedPassTable {
  readonly table: PlannedTable;
  readonly columns: readonly ReadColumn[];
  readonly leaves: readonly string[];
  readonly firstSlot: number;
  readonly derived: Derived;
}

export interface DerivedDraft {
  readonly leaves: readonly { slot: number }[];
  table(clock: RunClock): DerivedPassTable;
}

const noTable = (table: string): TagmillError =>
  new TagmillError('TABLE_NO_DATA', `a tag of the pass reads ${table}, which the plan could not read`, { table });

const aggregatesOf = (rule: WholeRule): AggregateLeaf[] =>
  wholeLeavesOf(rule).filter((leaf) => 'kind' in leaf && leaf.kind === 'aggregate') as AggregateLeaf[];

export class DerivedDrafts {
  readonly #job: PassJob;
  readonly #drafts = new Map<string, DerivedDraft>();

  constructor(job: PassJob) {
    this.#job = job;
  }

  /** Takes a leaf that one table's scan cannot answer; undefined for any other. */
  add(node: NormalLeaf | WideLeaf): { slot: number } | undefined {
    if ('kind' in node && node.kind === 'aggregate') return this.#events(node).add(node);
    if ('kind' in node && node.kind === 'change') return this.#change(node).add(node);
    if ('kind' in node) throw new TagmillError('RULE_INVALID', `this version does not evaluate \`${node.operator}\` in a run yet`);
    if (!isAcrossTables(node)) return undefined;
    const [first, second] = [node.field.table, node.other.table].sort();
    return this.#draft(`pair ${first} ${second}`, () => new PairDraft([this.#table(first!), this.#table(second!)])).add(node);
  }

  #events(node: AggregateLeaf): EventDraft {
    const events = this.#job.events?.find((one) => one.name === node.table.name);
    if (events === undefined) throw noTable(node.table.name);
    const partitions = partitionsOf(node, events, this.#job.clock);
    return this.#draft(`events ${partitions.key}`, () => new EventDraft(partitions));
  }

  #change(node: ChangeLeaf): ChangeDraft {
    const { table } = node.field;
    const before = this.#job.earlier?.find((one) => one.since === node.since)?.tables.find((one) => one.name === table);
    return this.#draft(`change ${node.since} ${table}`, () => new ChangeDraft(node.since, this.#table(table), before));
  }

  /** A set of users by the hash of its content. */
  members(hash: string): { slot: number } {
    return this.#draft(`users ${hash}`, () => new MemberDraft(hash, this.#job.keyType)).member();
  }

  /** Conditions that are T for users who have rows in what a rule's aggregates read. */
  present(rule: WholeRule): { slot: number }[] {
    return aggregatesOf(rule).map((leaf) => this.#events(leaf).present());
  }

  /** Places, among the derived tables, of those whose users a rule is evaluated for. */
  readersOf(rule: WholeRule): number[] {
    const drafts = [...this.#drafts.values()];
    return [...new Set(aggregatesOf(rule).map((leaf) => drafts.indexOf(this.#events(leaf))))];
  }

  #table(name: string): PlannedTable {
    const table = this.#job.tables.find((one) => one.name === name);
    if (table === undefined) throw noTable(name);
    return table;
  }

  #draft<Draft extends DerivedDraft>(key: string, make: () => Draft): Draft {
    const known = this.#drafts.get(key) ?? make();
    this.#drafts.set(key, known);
    return known as Draft;
  }

  /** Gives the leaves their slots, from `slots` on; how many there are then. */
  number(slots: number): number {
    let next = slots;
    for (const draft of this.#drafts.values()) for (const leaf of draft.leaves) leaf.slot = next++;
    return next;
  }

  tables(): DerivedPassTable[] {
    return [...this.#drafts.values()].map((draft) => draft.table(this.#job.clock));
  }
}
