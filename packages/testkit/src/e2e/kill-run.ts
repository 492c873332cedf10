/** Kills one after another, over as many runs as they need; each run is held to the oracle at its end. */
import { DEFAULT_SETTINGS } from '@tagmill/manager/core/state';
import type { InstanceRecord, RunRecord } from '@tagmill/shared/feed/views';
import type { Prng } from '@tagmill/shared/prng';
import { ClickLog } from './click-log.ts';
import { type Running, until } from './command.ts';
import type { Taken } from './failpoints-control.ts';
import { FAILPOINTS, type Provocation } from './failpoints-list.ts';
import { descendants } from './fleet.ts';
import { type Kill, nameOf } from './kill-list.ts';
import { isGone, isUndone, KILL_LEASE_MS, type KillWorld, stateOf } from './kill-world.ts';
import { isAgain, provoke } from './provoke.ts';
import { SMALL_TAGS } from './small-world.ts';

interface Going {
  readonly id: string;
  readonly clicks: ClickLog;
  /** Kills that fell into it. */
  readonly kills: Kill[];
  /** How often an executor was lost in it. */
  losses: number;
}

/** Runs that a kill may take until a process comes to its point. */
const MOST_RUNS = 3;
/** In one run: a shard that loses its executor once more is put aside, and fails its run, as it should. */
const MOST_LOSSES = DEFAULT_SETTINGS.maxLosses - 1;
const WATCHED = `tag-${SMALL_TAGS[0]}`;

export class KillRun {
  readonly world: KillWorld;
  readonly #prng: Prng;
  readonly wrong: string[] = [];
  readonly #orphans: number[] = [];
  #going: Going | undefined;
  #armed = 0;
  /** Tags of it that were rolled back, and the one that is to be. */
  readonly #undone: number[] = [];
  /** What brings a process to the point that is armed. */
  #provoked: Promise<void> = Promise.resolve();
  kills = 0;
  runs = 0;

  constructor(world: KillWorld, prng: Prng) {
    this.world = world;
    this.#prng = prng;
  }

  /** Whether somebody came to the point that was armed last. */
  get isStruck(): boolean {
    return this.world.control.taken(this.#armed) !== undefined;
  }

  /** The run that is going cannot take another loss. */
  get isWeary(): boolean {
    return (this.#going?.losses ?? 0) >= MOST_LOSSES;
  }

  /** An executor was lost. */
  countLoss(): void {
    if (this.#going !== undefined) this.#going.losses += 1;
  }

  get going(): Going {
    if (this.#going === undefined) throw new Error('no run is going');
    return this.#going;
  }

  /** One kill in the run that is going, or in a new one. Throws when nobody comes to the point. */
  async strike(kill: Kill): Promise<void> {
    const { control } = this.world;
    const { comes } = FAILPOINTS[kill.point];
    if (comes === 'undo') await this.#readyToUndo();
    else if (this.#going !== undefined && (comes === 'run' || this.#undone.length > 0 || this.isWeary || (await this.#isOver())))
      await this.#finishRun();
    if (this.#going === undefined && comes !== 'run') await this.#begin();
    const deed = kill.kind === 'cut' ? 'ask' : kill.kind === 'orphan' ? 'stop' : kill.kind;
    for (let runs = 1; ; runs += 1) {
      const id = control.arm({ point: kill.point, hit: kill.hit, deed, victim: kill.victim });
      this.#armed = id;
      const before = await this.#progress();
      this.#provoked = this.#going === undefined ? this.#beginAndProvoke(comes) : provoke(this, comes);
      const found = await this.#untilTaken(id, comes);
      control.disarm();
      // What is asked of the run that is over must not be struck any more.
      const taken = found ?? control.taken(id);
      if (taken !== undefined) {
        this.kills += 1;
        await this.#recover(kill, id, taken);
        if (this.#going === undefined) await this.#adopt();
        this.going.kills.push(kill);
        if (kill.kind === 'orphan' || (kill.victim === 'executor' && kill.kind !== 'cut')) this.countLoss();
        await this.#check(before);
        return;
      }
      if (runs === MOST_RUNS) throw new Error(`${nameOf(kill)}: no process came to it in ${runs} runs`);
      await (comes === 'undo' ? this.#readyToUndo() : this.#finishRun());
    }
  }

  async #beginAndProvoke(comes: Provocation): Promise<void> {
    await this.#begin();
    // Not when the kill has struck while it began.
    if (this.#going !== undefined) await provoke(this, comes);
  }

  /** The tag of the run that is to be rolled back next. */
  get toUndo(): { readonly runId: string; readonly tag: number } {
    const tag = this.#undone.at(-1);
    if (tag === undefined) throw new Error('nothing is to be rolled back');
    return { runId: this.going.id, tag };
  }

  /** A run that has ended well and has a tag that was not rolled back. */
  async #readyToUndo(): Promise<void> {
    if (this.#undone.length === SMALL_TAGS.length) await this.#finishRun();
    if (this.#going === undefined) await this.#begin();
    if (this.#undone.length === 0) await this.going.clicks.release();
    this.wrong.push(...(await this.world.verdict(this.going.id, this.#undone)));
    this.#undone.push(this.#prng.pick(SMALL_TAGS.filter((tag) => !this.#undone.includes(tag))));
  }

  async #isOver(): Promise<boolean> {
    const { fleet } = this.world;
    const undone = this.#undone.at(-1);
    return undone === undefined ? fleet.isOver(this.going.id) : isUndone(await fleet.instance(this.going.id, `tag-${undone}`));
  }

  /** Ends the run that is going; what was wrong stands in `wrong`. */
  async finish(): Promise<string[]> {
    await this.#finishRun();
    return this.wrong;
  }

  /** Starts a run; it is not there when the manager died meanwhile. */
  async #begin(): Promise<void> {
    const id = await this.world.newRun();
    if (id !== undefined) this.#go(id);
  }

  /** The run that a dead manager took and did not acknowledge, or the same request again, as its sender does. */
  async #adopt(): Promise<void> {
    const id = await this.world.newestRun();
    if (id === undefined) await this.#begin();
    else this.#go(id);
  }

  #go(id: string): void {
    this.runs += 1;
    this.#going = { id, clicks: new ClickLog(this.world.fleet, id), kills: [], losses: 0 };
  }

  async #finishRun(): Promise<void> {
    const going = this.#going;
    if (going === undefined) return;
    this.#going = undefined;
    // Frozen ones wake up either while the run goes on or when it is over.
    if (this.#prng.chance(0.5)) await this.#wakeOrphans();
    await going.clicks.release();
    const undone = this.#undone.splice(0);
    const wrong = [...(await this.world.verdict(going.id, undone)), ...(await going.clicks.missing())];
    if (this.#orphans.length > 0) {
      await this.#wakeOrphans();
      wrong.push(...(await this.world.verdict(going.id, undone)));
    }
    if (wrong.length === 0) return;
    this.wrong.push(`run ${going.id} with ${going.kills.map(nameOf).join('; ') || 'no kill'}:`, ...wrong.map((line) => `  ${line}`));
  }

  /** Undefined when the run is over and nobody came. Nothing is waited for from a process that may be frozen by now. */
  async #untilTaken(id: number, comes: Provocation): Promise<Taken | undefined> {
    const { control } = this.world;
    let over = false;
    let failure: unknown;
    const isDone = (): boolean => over || failure !== undefined || control.taken(id) !== undefined;
    const watch = async (): Promise<void> => {
      while (!isDone()) {
        await this.#provoked;
        over = this.#going !== undefined && (await this.#isOver());
        await new Promise((resolve) => setTimeout(resolve, 50));
        // The victim may not have been there when a process came to the point.
        if (!isDone() && isAgain(comes) && !(comes === 'loss' && this.isWeary)) this.#provoked = provoke(this, comes);
      }
    };
    watch().catch((error: unknown) => {
      failure = error ?? new Error('the run cannot be watched');
    });
    const found = await until(
      'a process at the armed point',
      () => {
        if (failure !== undefined) throw failure;
        return control.taken(id) ?? (over ? 'over' : undefined);
      },
      5,
    );
    return found === 'over' ? control.taken(id) : found;
  }

  async #recover(kill: Kill, id: number, taken: Taken): Promise<void> {
    const { world } = this;
    switch (kill.kind) {
      case 'cut':
        world.cut(kill.victim, this.#executorOf(taken.pid)?.[0]);
        world.control.go(id);
        await this.#provoked;
        return;
      case 'orphan':
        await untilStopped(taken.pid);
        await this.#makeOrphan(taken.pid);
        return;
      case 'stop':
        await untilStopped(taken.pid);
        await this.#wakeLater(kill, taken.pid);
        break;
      case 'kill':
        await this.#untilGone(kill, taken.pid);
        break;
    }
    await this.#provoked;
    if (kill.victim === 'manager') await world.keepManager();
  }

  async #untilGone(kill: Kill, pid: number): Promise<void> {
    const { world } = this;
    // A worker's executor starts another.
    if (kill.victim === 'manager') await until(`the end of the manager ${pid}`, () => (isGone(pid) ? true : undefined));
    if (kill.victim !== 'executor') return;
    const [name, executor] = this.#executorOf(pid)!;
    await executor.ended;
    world.startExecutor(name);
  }

  async #wakeLater(kill: Kill, pid: number): Promise<void> {
    if (kill.victim !== 'executor') {
      await sleepBeyondLeases();
      process.kill(pid, 'SIGCONT');
      return;
    }
    const { fleet } = this.world;
    const [name] = this.#executorOf(pid)!;
    // A stopped container freezes the workers too, a debugger only the process itself.
    const pids = this.#prng.chance(0.5) ? [pid, ...descendants(pid)] : [pid];
    for (const one of pids) process.kill(one, 'SIGSTOP');
    await Promise.all([fleet.executorIs(name, ['silent', 'gone']), sleepBeyondLeases()]);
    for (const one of pids) process.kill(one, 'SIGCONT');
    await fleet.executorIs(name, ['connected']);
  }

  async #makeOrphan(pid: number): Promise<void> {
    const { world } = this;
    this.#orphans.push(pid);
    const [name, executor] = this.#executorOf(pid)!;
    // Not `ended`: its frozen worker keeps its output open.
    const gone = new Promise((resolve) => executor.child.once('exit', resolve));
    executor.child.kill('SIGKILL');
    await gone;
    world.startExecutor(name);
    await this.#provoked;
    if (this.#prng.chance(0.5)) {
      await world.fleet.executorIs(name, ['connected']);
      await this.#wakeOrphans();
    }
  }

  /** By the process itself or one of its workers. */
  #executorOf(pid: number): readonly [string, Running] | undefined {
    return [...this.world.fleet.executors].find(
      ([, { pid: own, child }]) => own === pid || (child.exitCode === null && child.signalCode === null && descendants(own).includes(pid)),
    );
  }

  /** They end by themselves: their executor is gone. */
  async #wakeOrphans(): Promise<void> {
    for (const pid of this.#orphans.splice(0)) {
      if (!isGone(pid)) process.kill(pid, 'SIGCONT');
      await until(`the end of the orphan ${pid}`, () => (isGone(pid) ? true : undefined));
    }
  }

  async #progress(): Promise<InstanceRecord | undefined> {
    return this.#going === undefined ? undefined : this.world.fleet.instance(this.#going.id, WATCHED);
  }

  /** What the API has told stays told: it is confirmed, so it is on disk. */
  async #check(before: InstanceRecord | undefined): Promise<void> {
    const { fleet } = this.world;
    const { id, clicks, kills } = this.going;
    if (isLastCopyAway(kills.at(-1)!)) {
      await clicks.giveUpMissing();
      return;
    }
    const now = await until(`instance ${WATCHED} of ${id}`, () => fleet.instance(id, WATCHED));
    const run = await until(`run ${id}`, () => fleet.tryGet<RunRecord>(`/api/v1/runs/${id}`));
    const wrong = await clicks.missing();
    if (before !== undefined && now.step === before.step && now.shardsTotal === before.shardsTotal && now.shardsDone < before.shardsDone)
      wrong.push(`${WATCHED} of ${run.id} had ${before.shardsDone} shards done in ${before.step}, and has ${now.shardsDone}`);
    this.wrong.push(...wrong.map((line) => `after ${nameOf(this.going.kills.at(-1)!)}: ${line}`));
  }
}

/**
 * The disk is lost, and one of the two executors is frozen beyond the recovery
 * window: `copied` promises one copy beside the disk, and it may be that one.
 */
const isLastCopyAway = ({ point, kind, victim }: Kill): boolean =>
  FAILPOINTS[point].comes === 'wipe' && kind === 'stop' && victim === 'executor';

/** Nothing tells of the sleep of a process, so the time is the case itself. */
const sleepBeyondLeases = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, KILL_LEASE_MS * 1.25));

/** It says that it will be stopped before it is: whoever woke it up in between would wake up nobody. */
const untilStopped = (pid: number): Promise<true> =>
  until(`process ${pid} to stand still`, () => ('TtZ'.includes(stateOf(pid) ?? 'Z') ? true : undefined), 2);
