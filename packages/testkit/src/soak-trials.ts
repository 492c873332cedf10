/** What the soak does, one trial after another. */
import { Prng } from '@tagmill/shared/prng';
import { FAULTS, handEdits, type Sink, stopBeforeMerge, strikeOnce, twoRuns } from './e2e/faults.ts';
import { reloads } from './e2e/feed-run.ts';
import { everyKill, nameOf as nameOfKill, shuffled } from './e2e/kill-list.ts';
import { killPoints } from './e2e/kill-points.ts';
import { type KillsDone, strikeAll } from './e2e/kills.ts';
import { everyCombination, type MatrixPlaces, nameOf, runCombination } from './e2e/matrix.ts';

export interface Trial {
  readonly name: string;
  /** Sentences about what went wrong; with the number of kills where those are counted. */
  readonly act: () => Promise<readonly string[] | Pick<KillsDone, 'wrong' | 'kills'>>;
}

export interface SoakOptions {
  readonly first: number;
  readonly repeats: number;
  readonly only: string;
}

const SINKS: readonly Sink[] = ['sqlite', 'mariadb'];
/** Kills in one fleet. */
const PART = 30;

export function* trialsOf(places: MatrixPlaces, { first, repeats, only }: SoakOptions): Generator<Trial> {
  for (let seed = first; seed < first + repeats; seed += 1) {
    for (const trial of [...faultTrials(places, seed), ...pointTrials(places, seed)]) if (trial.name.includes(only)) yield trial;
    for (const sink of SINKS) yield* killTrials(places, sink, seed, only);
  }
  for (const one of everyCombination()) {
    const name = `task-all, ${nameOf(one)}`;
    if (name.includes(only)) yield { name, act: () => runCombination(places, one) };
  }
}

function* faultTrials(places: MatrixPlaces, seed: number): Generator<Trial> {
  // Both targets get half of the seeds where the fault can strike both.
  for (const fault of FAULTS)
    yield { name: `${fault.name}, seed ${seed}`, act: () => strikeOnce(places, fault, fault.sinks[seed % fault.sinks.length]!, seed) };
  const sink = seed % 2 === 0 ? 'mariadb' : 'sqlite';
  yield { name: `hand edits in the middle of a merge, seed ${seed}`, act: () => handEdits(places, sink, seed) };
  yield { name: `two runs of different tags at once, repeat ${seed}`, act: () => twoRuns(places, sink) };
  yield { name: `a stop before the merge, seed ${seed}`, act: () => stopBeforeMerge(places, sink, seed) };
  yield { name: `the browser reloading, seed ${seed}`, act: () => reloads(places, sink, seed) };
}

function* pointTrials(places: MatrixPlaces, seed: number): Generator<Trial> {
  for (const sink of SINKS)
    yield {
      name: `kill-points, 500 of one journal, ${sink}, seed ${seed}`,
      act: () => killPoints(places, { sink, kills: 500, wipes: 0, clicks: 40, shardRows: 2, seed }),
    };
  yield {
    name: `kill-points, 500 of one journal, 50 of them with the data directory lost, seed ${seed}`,
    act: () => killPoints(places, { sink: SINKS[seed % 2]!, kills: 500, wipes: 50, clicks: 40, shardRows: 2, seed }),
  };
}

/** Every kill of the sink in an order that the seed draws, some in one fleet; or those that are asked for. */
function* killTrials(places: MatrixPlaces, sink: Sink, seed: number, only: string): Generator<Trial> {
  const prng = new Prng(seed);
  const all = shuffled(everyKill(sink, prng), prng);
  const title = `failpoints, ${sink}, seed ${seed}`;
  const asksForAll = title.includes(only) || only.startsWith(title);
  const kills = asksForAll ? all : all.filter((kill) => nameOfKill(kill).includes(only));
  for (let at = 0; at < kills.length; at += PART) {
    const part = kills.slice(at, at + PART);
    const which = part.length === 1 ? nameOfKill(part[0]!) : `${at + 1} to ${at + part.length} of ${kills.length}`;
    const name = `${title}, ${which}`;
    if (!only.startsWith(title) || name.startsWith(only)) yield { name, act: () => strikeAll(places, sink, part, seed) };
  }
}
