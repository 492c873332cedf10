/** What a worker process of a peer tells the process that started it. */
export interface FromPeerWorker {
  readonly ready?: true;
  /** Jobs done since it was started. */
  readonly done?: number;
}

/** How often a worker says what it has done: often enough that the end is seen, rare enough to cost nothing. */
const TELL_MS = 10;

/** In a worker process: tells `count()` when it has changed. */
export function tellDone(count: () => number): void {
  let told = 0;
  setInterval(() => {
    const done = count();
    if (done === told) return;
    told = done;
    process.send?.({ done } satisfies FromPeerWorker);
  }, TELL_MS);
  process.on('disconnect', () => process.exit(0));
}
