/** People in the simulated world: they start runs, click on anything at any time, and ask again when no answer comes. */
import type { RunSpec } from '@tagmill/manager/core/run-spec';
import { ACTIONS, type Action, DOWNSTREAM_POLICIES } from '@tagmill/shared/words';
import type { Prng } from '@tagmill/shared/prng';
import type { SimClock } from './clock.ts';
import type { ManagerNode } from './manager-node.ts';
import { type RunLimits, simRun } from './sim-run.ts';

/** Whoever asked and got no answer asks again after this. */
const ASK_AGAIN_MS = 2_000;
const ENDING: readonly Action[] = ['stop', 'stop', 'skip', 'mark-success'];
const RELEASE_EVERY_MS = 5_000;

export interface CrowdWorld {
  readonly clock: SimClock;
  readonly leader: () => ManagerNode | undefined;
  readonly tell: (line: string) => void;
  readonly limits: RunLimits & { readonly runs: number; readonly clicks: number };
}

export class Crowd {
  readonly specs = new Map<string, RunSpec>();
  readonly accepted = new Set<string>();
  clicks = 0;
  acknowledged = 0;
  /** Runs that will be started later. */
  coming = 0;
  private readonly world: CrowdWorld;
  private readonly prng: Prng;

  constructor(world: CrowdWorld, prng: Prng) {
    this.world = world;
    this.prng = prng;
  }

  createRun(): void {
    if (this.specs.size >= this.world.limits.runs) return;
    const spec = simRun(this.prng, this.world.clock.nowMs, this.specs.size + 1, this.world.limits);
    this.specs.set(spec.id, spec);
    const shards = spec.tables === null ? (spec.tasks[0]?.shards ?? 0) : spec.shardRows;
    this.world.tell(`somebody starts ${spec.id} with ${spec.tasks.length} tasks and ${shards} shards`);
    this.submit(spec);
  }

  createLater(delayMs: number): void {
    this.coming += 1;
    this.world.clock.after(delayMs, () => {
      this.coming -= 1;
      this.createRun();
    });
  }

  /** The run's id makes it the same run, however often it is asked for. */
  private submit(spec: RunSpec): void {
    if (this.accepted.has(spec.id)) return;
    this.world.leader()?.push({ type: 'run-created', spec }, () => this.accepted.add(spec.id));
    this.world.clock.after(ASK_AGAIN_MS, () => this.submit(spec));
  }

  /** Somebody sees the manager come back and stops what runs, before executors have come back too. */
  impatient(prng: Prng): void {
    for (let i = prng.between(1, 6); i > 0; i--) this.world.clock.after(prng.between(10, 600), () => this.click(prng, ENDING));
  }

  click(prng: Prng, actions: readonly Action[] = ACTIONS): void {
    const runs = [...(this.world.leader()?.state?.runs.values() ?? [])];
    if (runs.length === 0 || this.clicks >= this.world.limits.clicks) return;
    const run = prng.pick(runs);
    const { name } = run.task(prng.between(0, run.size - 1));
    const action = prng.pick(actions);
    const downstream = prng.pick(DOWNSTREAM_POLICIES);
    this.clicks += 1;
    const who = `somebody-${this.clicks}`;
    this.world.tell(`${who} clicks ${action} on ${name} of ${run.id}`);
    this.ask(who, run.id, action, name, downstream, prng.between(0, 1));
  }

  /** Many at once, and each of them twice. */
  storm(prng: Prng): void {
    this.world.tell('everybody clicks');
    for (let i = prng.between(5, 30); i > 0; i--) this.world.clock.after(prng.between(0, 300), () => this.click(prng));
  }

  private ask(
    who: string,
    runId: string,
    action: Action,
    name: string,
    downstream: (typeof DOWNSTREAM_POLICIES)[number],
    again: number,
  ): void {
    let answered = false;
    this.world.leader()?.push(
      { type: 'command', runId, action, names: [name], downstream, reason: null, who },
      () => {
        answered = true;
        this.acknowledged += 1;
      },
      () => undefined,
    );
    if (again > 0)
      this.world.clock.after(ASK_AGAIN_MS, () => {
        if (!answered) this.ask(who, runId, action, name, downstream, again - 1);
      });
  }

  /** Gates are opened and what is held is released, as people would in the end; a run that is gone is asked for again. */
  release(): void {
    const leader = this.world.leader();
    for (const spec of this.specs.values()) if (leader?.state?.runs.has(spec.id) === false) leader.push({ type: 'run-created', spec });
    for (const run of leader?.state?.runs.values() ?? []) {
      const names = Array.from({ length: run.size }, (_, row) => run.task(row).name);
      for (const action of ['release', 'run'] as const) {
        const some = names.filter((name) => action === 'release' || run.stateAt(run.index.find(name)) === 'pending');
        leader?.push({ type: 'command', runId: run.id, action, names: some, downstream: 'as-success', reason: null, who: 'somebody' });
      }
    }
    this.world.clock.after(RELEASE_EVERY_MS, () => this.release());
  }
}
