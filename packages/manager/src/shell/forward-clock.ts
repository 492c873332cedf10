/**
 * The wall clock for stamps, ms since 1970, that never runs backwards: when the
 * system's is set back, this one goes on by the monotonic clock until the other
 * has caught up. Retries are due by it, so it must neither jump back nor stand.
 */
export function forwardClock(
  fromMs = 0,
  wall: () => number = () => Date.now(),
  monotonic: () => number = () => performance.now(),
): () => number {
  let last = fromMs;
  let readAtMs = monotonic();
  return () => {
    const passedMs = monotonic() - readAtMs;
    readAtMs += passedMs;
    const wallMs = wall();
    last = wallMs >= last ? wallMs : last + passedMs;
    return Math.floor(last);
  };
}
