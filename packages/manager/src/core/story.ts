import { LIMITS } from '@tagmill/shared/limits';
import type { Run } from './run.ts';

/** Adds a line to an instance's story. Beyond the bound the second oldest goes: the first line is kept. */
export function tell(run: Run, row: number, atMs: number, text: string, who: string | null = null): void {
  let story = run.stories.get(row);
  if (story === undefined) {
    story = [];
    run.stories.set(row, story);
  }
  story.push({ atMs, text, who });
  if (story.length > LIMITS.storyLines) {
    story.splice(1, 1);
    run.storyDropped.set(row, (run.storyDropped.get(row) ?? 0) + 1);
  }
}
