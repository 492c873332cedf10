import type { Run } from './run.ts';

/** Adds a line to an instance's story. */
export function tell(run: Run, row: number, atMs: number, text: string, who: string | null = null): void {
  run.stories.tell(row, atMs, text, who);
}
