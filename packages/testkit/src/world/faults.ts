/** What may go wrong in a simulated world; a mix is drawn per seed. */
import type { Prng } from '@tagmill/shared/prng';

export interface FaultMix {
  /** Share of messages that are lost, sent twice, or delayed much. */
  readonly drop: number;
  readonly duplicate: number;
  readonly slow: number;
  /** Mean time between, ms; 0 is never. */
  readonly partitionEveryMs: number;
  readonly managerCrashEveryMs: number;
  readonly executorCrashEveryMs: number;
  readonly executorPauseEveryMs: number;
  readonly clickEveryMs: number;
  readonly clockJumpEveryMs: number;
  /** An executor is drained; a second process is started under the id of another; a message of one comes from another. */
  readonly drainEveryMs: number;
  readonly twinEveryMs: number;
  readonly strangerEveryMs: number;
  /** Share of attempts that fail by themselves. */
  readonly attemptFails: number;
  /** Share of sink commits whose answer is lost. */
  readonly commitAnswerLost: number;
}

export const NO_FAULTS: FaultMix = {
  drop: 0,
  duplicate: 0,
  slow: 0,
  partitionEveryMs: 0,
  managerCrashEveryMs: 0,
  executorCrashEveryMs: 0,
  executorPauseEveryMs: 0,
  clickEveryMs: 0,
  clockJumpEveryMs: 0,
  drainEveryMs: 0,
  twinEveryMs: 0,
  strangerEveryMs: 0,
  attemptFails: 0,
  commitAnswerLost: 0,
};

/** Each kind of fault is in a mix or not; none is so frequent that nothing ever gets done. */
export function drawMix(prng: Prng): FaultMix {
  const some = (share: number, low: number, high: number) => (prng.chance(share) ? low + prng.fraction() * (high - low) : 0);
  return {
    drop: some(0.5, 0.001, 0.03),
    duplicate: some(0.5, 0.01, 0.2),
    slow: some(0.5, 0.01, 0.1),
    partitionEveryMs: some(0.4, 4_000, 20_000),
    managerCrashEveryMs: some(0.5, 3_000, 15_000),
    executorCrashEveryMs: some(0.5, 2_000, 15_000),
    executorPauseEveryMs: some(0.4, 4_000, 20_000),
    clickEveryMs: some(0.7, 200, 3_000),
    attemptFails: some(0.4, 0.01, 0.15),
    commitAnswerLost: some(0.4, 0.02, 0.2),
    clockJumpEveryMs: some(0.3, 2_000, 20_000),
    drainEveryMs: some(0.3, 3_000, 15_000),
    twinEveryMs: some(0.2, 4_000, 15_000),
    strangerEveryMs: some(0.3, 200, 2_000),
  };
}
