/** What attempts say that they do before their own work: a table sorted, places in the population read. It is shown, and never journaled. */
import { touchInstance } from './dirty.ts';
import { LEASED } from './fan-out.ts';
import type { Run } from './run.ts';
import type { ManagerState } from './state.ts';

const MOST_CHARS = 300;

/** False: it comes from an attempt that is over, and nothing is shown. */
export function notePreparation(state: ManagerState, id: number, shard: number, token: number, text: string): boolean {
  for (const old of state.preparations.keys()) if (!state.open.has(old)) state.preparations.delete(old);
  const place = state.open.get(id);
  if (place === undefined || place.fanOut.state[shard] !== LEASED || place.fanOut.token[shard] !== token) return false;
  const known = state.preparations.get(id);
  if (text !== '') state.preparations.set(id, { shard, token, text: text.slice(0, MOST_CHARS) });
  else if (known?.token === token) state.preparations.delete(id);
  else return false;
  for (const row of place.pass.rows) touchInstance(state, place.run, row);
  return true;
}

/** Of a row whose pass is at it; null: its shards do their own work. */
export function preparationOf(state: ManagerState, run: Run, row: number): string | null {
  const fanOut = run.pass(row)?.fanOut;
  const said = fanOut === undefined || fanOut === null ? undefined : state.preparations.get(fanOut.id);
  if (said === undefined || fanOut?.state[said.shard] !== LEASED || fanOut.token[said.shard] !== said.token) return null;
  return said.text;
}
