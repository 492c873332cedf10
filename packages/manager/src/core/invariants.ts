/**
 * What must hold of the state after every event, counted again from scratch.
 * Numbers in brackets are those of ARCHITECTURE.md. Used by tests and the
 * simulated world; too dear for every turn in production.
 */
import { DONE, FAILED, LEASED, UNSURE } from './fan-out.ts';
import { predecessors, successors } from './graph.ts';
import { isSettled } from './instances.ts';
import type { Pass } from './pass.ts';
import { HELD, type Run } from './run.ts';
import type { FanOutPlace, ManagerState } from './state.ts';
import { STATES, stateOf } from './states/table.ts';

/** Sentences of what does not hold; empty when all is well. */
export function brokenInvariants(state: ManagerState): string[] {
  const broken: string[] = [];
  for (const run of state.runs.values()) {
    countInstances(run, broken);
    checkGraphOrder(run, broken);
    checkPasses(run, broken);
  }
  checkLeases(state, broken);
  if (state.tokenNext > state.tokensReserved && state.tokensReserved > 0 && state.tokenNext !== state.tokensReserved)
    broken.push(`[5] token ${state.tokenNext} is beyond the reserved ${state.tokensReserved}`);
  const merging = [...state.runs.values()]
    .flatMap((run) => run.passes)
    .filter((pass) => (pass.step === 'merge' || (pass.step === 'rollback' && pass.fanOut !== null)) && pass.phase !== 'over');
  if (merging.length > 1) broken.push(`[2] ${merging.length} passes merge at once`);
  if (merging.length === 1 && state.merging?.pass !== merging[0]) broken.push('[2] a pass merges without holding the target');
  return broken;
}

function countInstances(run: Run, broken: string[]): void {
  const counts = new Map<number, number>();
  let held = 0;
  for (let row = 0; row < run.size; row++) {
    counts.set(run.stateColumn[row]!, (counts.get(run.stateColumn[row]!) ?? 0) + 1);
    if (run.has(row, HELD)) held += 1;
    if (run.candidates.has(row) && run.stateAt(row) !== 'pending')
      broken.push(`[1] ${run.task(row).name} is ${run.stateAt(row)} and may begin`);
  }
  for (let number = 0; number < run.counts.length; number++) {
    if (run.counts[number] !== (counts.get(number) ?? 0))
      broken.push(`[15] run counts ${run.counts[number]} ${stateOf(number)}, there are ${counts.get(number) ?? 0}`);
  }
  if (held !== run.held) broken.push(`[15] run counts ${run.held} held, there are ${held}`);
}

/** [8] The counters of unfinished predecessors, and nobody ahead of them. */
function checkGraphOrder(run: Run, broken: string[]): void {
  for (let row = 0; row < run.size; row++) {
    let waiting = 0;
    for (const before of predecessors(run.graph, row)) {
      const edge = [...successors(run.graph, before)].find((one) => one.row === row);
      const at = run.stateAt(before);
      const satisfied = edge?.needsSuccess === true ? at === 'succeeded' || at === 'skipped' : isSettled(run, before);
      if (!satisfied) waiting += 1;
    }
    if (waiting !== run.waitingOn[row])
      broken.push(`[8] ${run.task(row).name} counts ${run.waitingOn[row]} unfinished before it, there are ${waiting}`);
    const at = run.stateAt(row);
    if (at === 'pending' && waiting > 0 && run.pass(row)?.members.has(row) !== true)
      broken.push(`[8] ${run.task(row).name} may begin before ${waiting} others have ended`);
    if (at === 'registered' && waiting === 0 && run.state === 'running')
      broken.push(`[1] ${run.task(row).name} waits for nothing and is not pending`);
  }
}

function checkPasses(run: Run, broken: string[]): void {
  for (const pass of run.passes) {
    checkScopes(run, pass, broken);
    for (const row of pass.members) {
      if (pass.phase === 'over' && run.passOf[row] !== pass.number) continue;
      if (run.passOf[row] !== pass.number)
        broken.push(`[1] ${run.task(row).name} is a member of pass ${pass.number} and says ${run.passOf[row]}`);
      if (pass.phase === 'over' && !STATES[run.stateAt(row)].terminal)
        broken.push(`[1] pass ${pass.number} is over and left ${run.task(row).name} ${run.stateAt(row)}`);
    }
  }
  for (let row = 0; row < run.size; row++) {
    const at = run.stateAt(row);
    const pass = run.pass(row);
    if (at === 'stopping' && pass?.leaving.has(row) !== true)
      broken.push(`[1] ${run.task(row).name} is stopping and nothing will confirm it`);
    if (at === 'running' && (pass === undefined || !pass.members.has(row))) broken.push(`[1] ${run.task(row).name} runs in no pass`);
  }
}

/** [2] Whoever was asked to leave a merge, and has, is carried by no attempt any more. A pass that failed says so at once. */
function checkScopes(run: Run, pass: Pass, broken: string[]): void {
  const { fanOut } = pass;
  if (pass.step !== 'merge' || fanOut === null || fanOut.pending === 0 || fanOut.failed > 0) return;
  const left = pass.rows.filter((row) => !pass.members.has(row) && !pass.leaving.has(row) && run.passOf[row] === pass.number);
  const confirmed = new Set(left.filter((row) => run.stateAt(row) !== 'failed').map((row) => run.task(row).tagId ?? 0));
  if (confirmed.size === 0) return;
  for (let shard = 0; shard < fanOut.count; shard++) {
    if (fanOut.state[shard] !== LEASED && fanOut.state[shard] !== UNSURE) continue;
    const gone = pass.scopes[pass.scopeOf[shard]!]?.find((tagId) => confirmed.has(tagId));
    if (gone !== undefined) broken.push(`[2] tag ${gone} has left pass ${pass.number} of ${run.id}, and shard ${shard} may still merge it`);
  }
}

function checkLeases(state: ManagerState, broken: string[]): void {
  const slots = new Map<number, number>();
  const tiny = new Map<number, number>();
  for (const place of state.open.values()) countFanOut(place, slots, tiny, broken);
  for (const executor of state.executors.values()) {
    if (executor.slotsUsed !== (slots.get(executor.number) ?? 0))
      broken.push(`[11] ${executor.id} counts ${executor.slotsUsed} slots in use, leases are ${slots.get(executor.number) ?? 0}`);
    if (executor.tinyLeased !== (tiny.get(executor.number) ?? 0))
      broken.push(`[11] ${executor.id} counts ${executor.tinyLeased} tiny leases, there are ${tiny.get(executor.number) ?? 0}`);
    if (executor.slotsUsed > executor.slots) broken.push(`[11] ${executor.id} has ${executor.slotsUsed} of ${executor.slots} slots in use`);
  }
}

function countFanOut({ fanOut }: FanOutPlace, slots: Map<number, number>, tiny: Map<number, number>, broken: string[]): void {
  let leased = 0;
  let done = 0;
  let failed = 0;
  let unsure = 0;
  for (let shard = 0; shard < fanOut.count; shard++) {
    const at = fanOut.state[shard];
    if (at === DONE) done += 1;
    if (at === FAILED) failed += 1;
    if (at === UNSURE) unsure += 1;
    if (at !== LEASED) continue;
    leased += 1;
    const holder = fanOut.executor[shard]! - 1;
    const column = fanOut.tiny ? tiny : slots;
    column.set(holder, (column.get(holder) ?? 0) + 1);
  }
  if (unsure !== fanOut.unsure) broken.push(`[1] fan-out ${fanOut.id} counts ${fanOut.unsure} unsure shards, there are ${unsure}`);
  if (leased !== fanOut.leased || done !== fanOut.done || failed !== fanOut.failed) {
    broken.push(
      `[1] fan-out ${fanOut.id} counts ${fanOut.leased}/${fanOut.done}/${fanOut.failed} leased/done/failed, there are ${leased}/${done}/${failed}`,
    );
  }
  if (fanOut.ready + fanOut.delayed.size !== fanOut.waiting)
    broken.push(
      `[1] fan-out ${fanOut.id} has ${fanOut.waiting} waiting shards, of which ${fanOut.ready} are ready and ${fanOut.delayed.size} delayed`,
    );
}
