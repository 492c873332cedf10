/**
 * Conditions on the state of other tags (operators.md 5). What an earlier pass
 * of the run has evaluated is evaluated again in this one, from the same pinned
 * data; whoever it did not evaluate, and tags that the run leaves alone, are as
 * `user_tags` had them when the run was planned.
 */
import { TagmillError } from '@tagmill/shared/errors';
import type { CatalogField } from '@tagmill/shared/fields';
import type { PassJob, TagHolders, UpstreamTag } from '@tagmill/shared/job';
import type { NormalLeaf, TagLeaf, WholeRule, WideLeaf } from '@tagmill/shared/rules/normal';
import { KEY_FIELD } from '@tagmill/shared/rules/key-leaves';
import { wholeLeavesOf } from '@tagmill/shared/rules/reads';
import type { DerivedDrafts } from '../derived/drafts.ts';
import type { ProgramBuilder } from '../program.ts';

type Leaf = NormalLeaf | WideLeaf;
type Slotted = { readonly slot: number };

export const isTagLeaf = (leaf: Leaf): leaf is TagLeaf => 'kind' in leaf && leaf.kind === 'tag';

const UNKNOWN = -1;
const STORED = 0;

const keyOf = (tag: string, pass: number): string => `${tag} ${pass}`;

export class TagStates {
  readonly #job: PassJob;
  readonly #derived: DerivedDrafts;
  readonly #upstream: ReadonlyMap<string, UpstreamTag>;
  readonly #holders: ReadonlyMap<string, TagHolders>;
  readonly #seen = new Set<string>();
  readonly #slots = new Map<string, number>();

  constructor(job: PassJob, derived: DerivedDrafts) {
    this.#job = job;
    this.#derived = derived;
    this.#upstream = new Map((job.upstream ?? []).map((one) => [keyOf(one.tag, one.pass), one]));
    this.#holders = new Map((job.holders ?? []).map((one) => [one.tag, one]));
  }

  /** Finds every leaf that a condition on a tag needs; those of the rule behind it go to `visit`. */
  find(node: TagLeaf, visit: (leaf: Leaf) => void): void {
    if (node.operator === 'had_tag_within') {
      this.#derived.members(this.#historyOf(node).had);
      return;
    }
    const basis = node.basis ?? UNKNOWN;
    const key = keyOf(node.tag, basis);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const { manual, held, excluded } = this.#holdersOf(node.tag);
    this.#derived.members(manual);
    if (excluded !== undefined) this.#derived.members(excluded);
    if (basis === UNKNOWN) return;
    this.#derived.members(held);
    if (basis === STORED) return;
    const up = this.#upstreamOf(node.tag, basis);
    for (const rule of [up.rule, ...up.onlyUsers, ...up.onlyMatches]) for (const leaf of wholeLeavesOf(rule)) visit(leaf);
    for (const leaf of this.#presence(up)) visit(leaf);
    this.#inEvents(up);
  }

  /** Slot of what a condition gives. `slotOf` knows the leaves that `find` has shown. */
  slot(node: TagLeaf, program: ProgramBuilder, slotOf: (leaf: Leaf) => Slotted): number {
    const state = node.operator === 'had_tag_within' ? this.#had(node, program) : this.#state(node, program, slotOf);
    const own = node.operator === 'not_has_tag' ? program.step('NOT', [state]) : state;
    if (node.missing === 'unknown') return own;
    if (node.missing === 'no_match') return program.step('TRUE_ONLY', [own]);
    return program.step('NOT', [program.step('TRUE_ONLY', [program.step('NOT', [own])])]);
  }

  /** T for who had it; for others not known, where the record does not reach back so far. */
  #had(node: TagLeaf, program: ProgramBuilder): number {
    const { had, whole } = this.#historyOf(node);
    const slot = this.#derived.members(had).slot;
    return whole ? slot : program.step('OR', [slot, program.unknown()]);
  }

  #historyOf({ tag, days }: TagLeaf): { readonly had: string; readonly whole: boolean } {
    const found = this.#holdersOf(tag).histories?.find((one) => one.days === days);
    if (found === undefined) throw new TagmillError('INTERNAL', `the pass does not bring the history of tag ${tag}`);
    return found;
  }

  #state(node: TagLeaf, program: ProgramBuilder, slotOf: (leaf: Leaf) => Slotted): number {
    const basis = node.basis ?? UNKNOWN;
    const key = keyOf(node.tag, basis);
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const { manual, held, excluded } = this.#holdersOf(node.tag);
    const byHand = this.#derived.members(manual).slot;
    const given =
      basis === STORED
        ? this.#derived.members(held).slot
        : program.step('OR', [byHand, basis === UNKNOWN ? program.unknown() : this.#evaluated(node.tag, basis, program, slotOf)]);
    const slot = excluded === undefined ? given : program.step('AND', [program.step('NOT', [this.#derived.members(excluded).slot]), given]);
    this.#slots.set(key, slot);
    return slot;
  }

  /** What the rule gives where the tag was evaluated, what is stored elsewhere. */
  #evaluated(tag: string, pass: number, program: ProgramBuilder, slotOf: (leaf: Leaf) => Slotted): number {
    const up = this.#upstreamOf(tag, pass);
    const own = program.rule(up.rule);
    const result = up.onlyMatches.length === 0 ? own : program.step('AND', [own, program.allTrue(up.onlyMatches)]);
    const present = program.step('OR', [
      ...this.#presence(up).map((leaf) => slotOf(leaf).slot),
      ...this.#inEvents(up).map((leaf) => leaf.slot),
    ]);
    const evaluated = up.onlyUsers.length === 0 ? present : program.step('AND', [present, program.allTrue(up.onlyUsers)]);
    const stored = this.#derived.members(this.#holdersOf(tag).held).slot;
    return program.step('OR', [program.step('AND', [evaluated, result]), program.step('AND', [program.step('NOT', [evaluated]), stored])]);
  }

  /** Conditions that are T for the users of the tables for whose users a tag is evaluated. */
  #presence(up: UpstreamTag): NormalLeaf[] {
    const reads = new Set(this.#readers(up).flatMap((one) => one.reads));
    const tables = this.#job.tables.filter(({ name }) => reads.has(name));
    return tables.map(({ name }) => ({ field: this.#keyIn(name), operator: 'is_not_null', missing: 'unknown' }));
  }

  /** The same for event tables. */
  #inEvents(up: UpstreamTag): readonly Slotted[] {
    return this.#readers(up).flatMap(({ rule }) => this.#derived.present(rule));
  }

  /** A tag is evaluated for the users of what it reads itself, and of what stands behind its conditions on tags. */
  #readers(up: UpstreamTag): readonly UpstreamTag[] {
    return [up, ...this.rulesBehind(up.rule)];
  }

  /** Every rule that a rule's conditions on tags go by, directly or not. */
  rulesBehind(rule: WholeRule): readonly UpstreamTag[] {
    const found = new Map<string, UpstreamTag>();
    const open: WholeRule[] = [rule];
    for (let at = 0; at < open.length; at += 1) {
      for (const leaf of wholeLeavesOf(open[at]!).filter(isTagLeaf)) {
        if (leaf.operator === 'had_tag_within') continue;
        const basis = leaf.basis ?? UNKNOWN;
        const key = keyOf(leaf.tag, basis);
        if (basis <= STORED || found.has(key)) continue;
        const up = this.#upstreamOf(leaf.tag, basis);
        found.set(key, up);
        open.push(up.rule);
      }
    }
    return [...found.values()];
  }

  #keyIn(table: string): CatalogField {
    const field = this.#job.catalog.fields.find((one) => one.table === table && one.name === KEY_FIELD);
    return field ?? { table, name: KEY_FIELD, type: { kind: this.#job.keyType }, nullable: false };
  }

  #upstreamOf(tag: string, pass: number): UpstreamTag {
    const up = this.#upstream.get(keyOf(tag, pass));
    if (up === undefined) throw new TagmillError('INTERNAL', `the pass does not bring the rule of tag ${tag}`);
    return up;
  }

  #holdersOf(tag: string): TagHolders {
    const holders = this.#holders.get(tag);
    if (holders === undefined) throw new TagmillError('INTERNAL', `the pass does not bring the users of tag ${tag}`);
    return holders;
  }
}
