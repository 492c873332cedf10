/** Who still needs entries of the journal that are in every snapshot. */
export class NeededEntries {
  private readonly askers = new Set<() => number | undefined>();

  /** The function given back ends it. */
  add(needed: () => number | undefined): () => void {
    this.askers.add(needed);
    return () => this.askers.delete(needed);
  }

  /** The last entry that may be trimmed, when snapshots need none up to `seq`. */
  lastSpare(seq: number): number {
    return Math.min(seq, ...[...this.askers].map((needed) => (needed() ?? Number.POSITIVE_INFINITY) - 1));
  }
}
