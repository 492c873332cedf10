/** The steps that combine leaves into tags; what several rules share is worked out once. */
import type { NormalLeaf, WholeRule, WideLeaf } from '@tagmill/shared/rules/normal';
import type { Step } from './planes.ts';

/** Hands out slots for groups after those of the leaves. */
export class ProgramBuilder {
  readonly steps: Step[] = [];
  readonly #slotOf: (leaf: NormalLeaf | WideLeaf) => number;
  readonly #known = new Map<string, number>();
  slots: number;
  #unknown: number | undefined;

  constructor(slots: number, slotOf: (leaf: NormalLeaf | WideLeaf) => number) {
    this.slots = slots;
    this.#slotOf = slotOf;
  }

  rule(rule: WholeRule): number {
    if (!('logic' in rule)) return this.#slotOf(rule);
    const from = rule.conditions.map((child) => this.rule(child));
    return this.step(rule.logic, from, rule.k ?? 0);
  }

  /** The slot of a step; the order of what it combines is all the same. */
  step(logic: Step['logic'], from: readonly number[], k = 0): number {
    const [only] = from;
    if (from.length === 1 && only !== undefined && (logic === 'AND' || logic === 'OR')) return only;
    const sorted = Int32Array.from(from).sort();
    const key = `${logic} ${k} ${sorted.join(' ')}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const into = this.slots++;
    this.steps.push({ into, logic, k, from: sorted });
    this.#known.set(key, into);
    return into;
  }

  /** A slot that nothing is written to: UNKNOWN for everybody. */
  unknown(): number {
    this.#unknown ??= this.slots++;
    return this.#unknown;
  }

  /** T where all rules are T, F elsewhere. */
  allTrue(rules: readonly WholeRule[]): number {
    const every = this.step(
      'AND',
      rules.map((rule) => this.rule(rule)),
    );
    return this.step('TRUE_ONLY', [every]);
  }
}
