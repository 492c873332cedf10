/** The tables that an answer about rules is about: those that the newest run has pinned, or what an executor finds now. */
import type { RuleBasis } from '@tagmill/shared/api/rules';
import type { FieldCatalog, RunClock } from '@tagmill/shared/fields';
import type { PlanReads, PlanRequest, PlanResult } from '@tagmill/shared/job';
import { makeClock } from '@tagmill/shared/rules/clock';
import type { Run } from '../../core/run.ts';
import type { RunHead } from '../../core/run-spec.ts';
import { readPlan } from '../plan-shape.ts';
import { catalogTags, pinLists } from '../pin-run.ts';
import { pinnedCatalog, readsFor } from '../run-reads.ts';
import type { Hall } from '../running.ts';

export interface Basis {
  readonly run: Run | null;
  readonly head: RunHead;
  readonly plan: PlanResult;
  readonly clock: RunClock;
}

/** So long a look at the tables is taken for new, when no run has been planned. */
const FRESH_MS = 60_000;
const PLAN_MS = 120_000;

export class BasisFinder {
  private readonly hall: Hall;
  private looked: { readonly atMs: number; readonly found: Promise<Basis> } | undefined;

  constructor(hall: Hall) {
    this.hall = hall;
  }

  /**
   * What the next run would find. Rules that ask for events or earlier data are
   * given with `texts`: the tables are looked at anew for these.
   * Errors: UNREACHABLE, and those of planning.
   */
  async newest(texts: readonly string[] = []): Promise<Basis> {
    const { tables, timeZone } = this.hall.config;
    const reads = readsFor(this.hall.live().state, texts, { tables, timeZone, asOf: null });
    const basis = reads === undefined ? (this.newestRun() ?? (await this.look())) : await this.plan(reads);
    return { ...basis, head: { ...basis.head, ...(await this.names()) } };
  }

  /** Uploaded lists and tags as they stand: the next run pins them. */
  private async names(): Promise<Pick<RunHead, 'lists' | 'tags'>> {
    const { metadata } = this.hall.live().database;
    const lists = await metadata.lists.all();
    return {
      lists: await pinLists(metadata.lists, new Set(lists.map(({ name }) => name))),
      tags: catalogTags(await metadata.loadRules()),
    };
  }

  /** Of a run that has a plan; undefined where it has none. */
  of(run: Run): Basis | undefined {
    const { plan, clock } = run;
    return plan === null || clock === null ? undefined : { run, head: run.spec, plan, clock };
  }

  private newestRun(): Basis | undefined {
    const place = JSON.stringify(this.hall.config.tables);
    const runs = [...this.hall.live().state.runs.values()].reverse();
    for (const run of runs) {
      const basis = this.of(run);
      // A run for users that it names has cut the keys for these alone.
      if (basis !== undefined && run.spec.users === null && JSON.stringify(run.spec.tables) === place) return basis;
    }
    return undefined;
  }

  private look(): Promise<Basis> {
    const nowMs = performance.now();
    if (this.looked === undefined || nowMs - this.looked.atMs > FRESH_MS) {
      const found = this.plan();
      const looked = { atMs: nowMs, found };
      this.looked = looked;
      found.catch(() => {
        if (this.looked === looked) this.looked = undefined;
      });
    }
    return this.looked.found;
  }

  private async plan(reads?: PlanReads): Promise<Basis> {
    const { tables, timeZone, shardRows } = this.hall.config;
    const request: PlanRequest = { tables, shardRows, ...(reads === undefined ? {} : { reads }) };
    const answer = await this.hall.live().questions.once({ kind: 'plan' }, request, PLAN_MS);
    const plan = readPlan(JSON.stringify(answer));
    const head: RunHead = {
      id: 'none',
      mode: 'task-all',
      who: 'rules',
      createdAtMs: Date.now(),
      timeZone,
      asOf: null,
      businessDate: null,
      shardRows,
      tables,
      users: null,
      days: null,
      rules: [],
    };
    return { run: null, head, plan, clock: makeClock({ businessDate: plan.businessDate, zone: timeZone }) };
  }
}

export const shownBasis = ({ run, plan, clock }: Basis): RuleBasis => ({
  run_id: run?.id ?? null,
  business_date: plan.businessDate,
  as_of_instant: clock.asOf,
  time_zone: clock.zone,
});

/** What rules are checked against. */
export const catalogOf = ({ head, plan }: Basis): FieldCatalog => ({ ...plan.catalog, ...pinnedCatalog(head) });
