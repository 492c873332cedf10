/**
 * One run during which the manager is killed again and again, at points spread
 * over its journal: before and after the commit of a batch, in the middle of a
 * recovery too, while a person clicks. After each restart everything that was
 * acknowledged or told as done must be there.
 */
import type { Failpoint } from '@tagmill/shared/failpoint';
import type { InstanceRecord } from '@tagmill/shared/feed/views';
import { Prng } from '@tagmill/shared/prng';
import { ClickLog } from './click-log.ts';
import { until } from './command.ts';
import type { Sink } from './faults.ts';
import { type KillPlaces, KillWorld } from './kill-world.ts';
import { SMALL_TAGS } from './small-world.ts';

export interface KillPointsOptions {
  readonly sink: Sink;
  readonly kills: number;
  readonly clicks: number;
  /** At so many of the kills the data directory is lost too: an executor's copy must win. */
  readonly wipes: number;
  /** Users in a shard; there are a little over 1,000 users. */
  readonly shardRows: number;
  readonly seed: number;
}

export interface KillPointsDone {
  readonly wrong: readonly string[];
  readonly kills: number;
  readonly wipes: number;
  readonly clicks: number;
  readonly shards: number;
  /** Longest part of the run, of 1, between two kills. */
  readonly longestGap: number;
}

/** Around the commit of a batch. */
const POINTS: readonly Failpoint[] = [
  'manager.journal.committing',
  'manager.journal.committed',
  'manager.loop.committed',
  'manager.loop.applied',
];
/** Batches of the first life; later ones are as long as the rest of the run needs. */
const FIRST_LIFE = 12;
/** A manager that comes back takes its term and its executors in with the first few batches. */
const RECOVERY_BATCHES = 4;
const WATCHED = `tag-${SMALL_TAGS[0]}`;

export async function killPoints(places: KillPlaces, options: KillPointsOptions): Promise<KillPointsDone> {
  const durability = options.wipes > 0 ? 'copied' : 'local';
  const world = await KillWorld.start(places, { sink: options.sink, shardRows: options.shardRows, durability });
  const points = new KillPoints(world, options);
  let wrong: string[];
  try {
    wrong = await points.run();
  } catch (error) {
    wrong = [...points.wrong, error instanceof Error ? error.message : String(error), ...world.lastWords()];
  } finally {
    await world.close();
  }
  const { kills, wipes, clicks, shards, longestGap } = points;
  return { wrong, kills, wipes, clicks, shards, longestGap };
}

class KillPoints {
  readonly #world: KillWorld;
  readonly #options: KillPointsOptions;
  readonly #prng: Prng;
  readonly wrong: string[] = [];
  kills = 0;
  wipes = 0;
  clicks = 0;
  shards = 0;
  longestGap = 0;
  #life = FIRST_LIFE;
  #progress = 0;

  constructor(world: KillWorld, options: KillPointsOptions) {
    this.#world = world;
    this.#options = options;
    this.#prng = new Prng(options.seed);
  }

  async run(): Promise<string[]> {
    const { fleet, control } = this.#world;
    const runId = await this.#world.newRun();
    if (runId === undefined) throw new Error('the run was not taken');
    const log = new ClickLog(fleet, runId);
    let told = await this.#watched(runId);
    while (!(await fleet.isOver(runId))) {
      const id = control.arm({ point: this.#prng.pick(POINTS), hit: this.#nextLife(), deed: 'kill', victim: 'manager' });
      const died = fleet.manager.ended.then(() => true);
      const clicking = this.#click(log);
      const over = this.#untilOver(runId, died);
      if (!(await Promise.race([died, over]))) break;
      await clicking;
      if (control.taken(id) === undefined) throw new Error(`the manager ended by itself: ${fleet.manager.stderr}`);
      this.kills += 1;
      if (this.#isWipe()) {
        this.wipes += 1;
        this.#world.wipeManager();
      }
      await fleet.startManager();
      this.wrong.push(...(await log.missing()).map((line) => `after kill ${this.kills}: ${line}`));
      const now = await this.#watched(runId);
      this.#compare(told, now);
      told = now;
    }
    control.disarm();
    await log.release();
    this.clicks = log.acknowledged.length;
    return [...this.wrong, ...(await this.#world.verdict(runId)), ...(await log.missing()), ...(await fleet.stop())];
  }

  /** Evenly over the kills. */
  #isWipe(): boolean {
    const { wipes, kills } = this.#options;
    return Math.floor((this.kills * wipes) / kills) > Math.floor(((this.kills - 1) * wipes) / kills);
  }

  /** Batches until the next kill: as many as spread the kills that are left over the rest of the run. */
  #nextLife(): number {
    if (this.#prng.chance(0.15)) return this.#prng.between(1, RECOVERY_BATCHES);
    return this.#life;
  }

  /** Progress that the API told once is confirmed: it never goes back. */
  #compare(told: InstanceRecord, now: InstanceRecord): void {
    this.shards = Math.max(this.shards, now.shardsTotal);
    if (now.step === told.step && now.shardsTotal === told.shardsTotal && now.shardsDone < told.shardsDone)
      this.wrong.push(`after kill ${this.kills}: ${told.shardsDone} shards were done in ${told.step}, and ${now.shardsDone} are`);
    const part = progressOf(now);
    const grown = part - this.#progress;
    this.longestGap = Math.max(this.longestGap, grown);
    this.#progress = Math.max(this.#progress, part);
    const wanted = (1 - part) / Math.max(1, this.#options.kills - this.kills);
    this.#life = Math.max(1, this.#life + (grown > wanted ? -1 : 1));
  }

  /** A share of the clicks, so that all are made when the kills are. */
  async #click(log: ClickLog): Promise<void> {
    const { clicks, kills } = this.#options;
    if (log.acknowledged.length < (clicks * (this.kills + 1)) / kills) await log.click();
  }

  #watched(runId: string): Promise<InstanceRecord> {
    return until(`instance ${WATCHED} of ${runId}`, () => this.#world.fleet.instance(runId, WATCHED));
  }

  /** False once the run is over or held back only by the clicks; never when the manager dies before. */
  async #untilOver(runId: string, died: Promise<boolean>): Promise<boolean> {
    let dead = false;
    const unless = died.then(() => {
      dead = true;
    });
    while (!dead) {
      const found = await this.#world.fleet.instance(runId, WATCHED);
      if (found !== undefined && found.endedAtMs !== null) return false;
      await Promise.race([unless, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
    return died;
  }
}

/** Of all that a tag goes through, 0 to 1. */
function progressOf({ step, shardsDone, shardsTotal, endedAtMs }: InstanceRecord): number {
  if (endedAtMs !== null) return 1;
  const done = shardsTotal === 0 ? 0 : shardsDone / shardsTotal;
  if (step === 'merge') return 0.5 + done / 2;
  return step === 'check' ? 0.5 : done / 2;
}
