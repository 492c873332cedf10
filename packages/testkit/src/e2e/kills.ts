/** A list of kills in one fleet, from its start to its orderly end. */
import { Prng } from '@tagmill/shared/prng';
import type { Sink } from './faults.ts';
import { type Kill, nameOf } from './kill-list.ts';
import { KillRun } from './kill-run.ts';
import { type KillPlaces, KillWorld } from './kill-world.ts';

export interface KillsDone {
  /** Sentences about what was not as it must be; none when all went well. */
  readonly wrong: readonly string[];
  readonly kills: number;
  readonly runs: number;
  /** Points that processes came to. */
  readonly seen: ReadonlySet<string>;
}

/** About 100 shards a run. */
const SHARD_ROWS = 10;

/** From even seeds the tables are on S3, where there is a server. `told` hears of each kill when it is done with. */
export async function strikeAll(
  places: KillPlaces,
  sink: Sink,
  kills: readonly Kill[],
  seed: number,
  told: (kill: Kill, tookMs: number) => void = () => undefined,
): Promise<KillsDone> {
  const world = await KillWorld.start(places, { sink, shardRows: SHARD_ROWS, onS3: seed % 2 === 0 });
  const run = new KillRun(world, new Prng(seed));
  const wrong: string[] = [];
  let now = 'the start';
  try {
    for (const kill of kills) {
      now = nameOf(kill);
      const startedMs = performance.now();
      await run.strike(kill);
      told(kill, performance.now() - startedMs);
    }
    now = 'the end';
    await run.finish();
    wrong.push(...(await world.fleet.stop()));
  } catch (error) {
    wrong.push(`at ${now}: ${error instanceof Error ? error.message : String(error)}`, ...world.lastWords());
  } finally {
    await world.close();
  }
  return { wrong: [...run.wrong, ...wrong], kills: run.kills, runs: run.runs, seen: world.seen };
}
