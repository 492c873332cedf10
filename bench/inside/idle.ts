/**
 * Executors that do nothing: sessions over TLS with heartbeats at their
 * default, from processes of their own. Resident memory of the manager right
 * after all have joined, and how much more of heap and buffers is in use when
 * they have been there for a while.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endChild, spawnNode } from '../lib/child.ts';
import type { BenchOptions } from '../lib/options.ts';
import type { Results } from '../lib/results.ts';
import { InsideFleet, SECRETS } from './inside-fleet.ts';

const MAIN = fileURLToPath(new URL('./idle-main.ts', import.meta.url));
const PROCESSES = 2;
/** Garbage of the joining is gone by then. */
const SETTLE_MS = 15_000;
const LOOKS = 9;
const LOOK_MS = 700;
export const idleOf = (sessions: number): string => `memory of the manager for ${sessions} idle executors`;

export async function benchIdle(options: BenchOptions, results: Results): Promise<void> {
  const [sessions, settleMs, watchMs] = options.tiny ? [20, 100, 500] : [2_000, SETTLE_MS, options.idleSeconds * 1_000];
  const fleet = await InsideFleet.start();
  const children: ChildProcess[] = [];
  try {
    const empty = await fleet.call('memory');
    for (let index = 0; index < PROCESSES; index += 1) {
      const args = [fleet.grpcAddress, fleet.certificate.certFile, String(sessions / PROCESSES), `idle-${index}`];
      const child = spawnNode(MAIN, args, SECRETS);
      child.stderr?.pipe(process.stderr);
      children.push(child);
    }
    await fleet.untilConnected(sessions);
    await sleep(settleMs);
    const joined = await leastOf(fleet, options.tiny);
    const cpuBefore = fleet.cpuSeconds;
    await sleep(watchMs);
    const cpuShare = (fleet.cpuSeconds - cpuBefore) / (watchMs / 1_000);
    const later = await leastOf(fleet, options.tiny);
    if ((await fleet.call('connected')) < sessions) throw new Error('not all idle executors are connected any more');
    const details = { emptyBytes: empty.residentBytes, usedBytes: joined.usedBytes, cpuShare, watchedSeconds: watchMs / 1_000 };
    await results.add({ subject: 'tagmill', work: idleOf(sessions), unit: 'bytes', value: joined.residentBytes, details });
    await results.add({
      subject: 'tagmill',
      work: `${idleOf(sessions)}, growth while they stay`,
      unit: 'bytes',
      value: later.usedBytes - joined.usedBytes,
      details: { residentBytes: later.residentBytes - joined.residentBytes },
    });
  } finally {
    for (const child of children) await endChild(child);
    await fleet.stop();
  }
}

/** Each heartbeat is a burst of thousands of messages: the least of a few looks is what stays. */
async function leastOf(fleet: InsideFleet, tiny: boolean): Promise<{ readonly residentBytes: number; readonly usedBytes: number }> {
  let { residentBytes, usedBytes } = await fleet.call('memory');
  for (let look = 1; look < (tiny ? 2 : LOOKS); look += 1) {
    await sleep(LOOK_MS);
    const found = await fleet.call('memory');
    residentBytes = Math.min(residentBytes, found.residentBytes);
    usedBytes = Math.min(usedBytes, found.usedBytes);
  }
  return { residentBytes, usedBytes };
}
