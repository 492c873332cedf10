/** The preview of the text as it is now: begun when it has rested and is sound, the one before is cancelled. */
import type { PreviewAnswer } from '@tagmill/shared/api/rules';
import { useEffect, useState } from 'react';
import { ApiError, asApiError } from '../api/http.ts';
import { beginPreview, cancelPreview, lookAtPreview } from '../api/rules.ts';
import { PREVIEW_MS, useRested } from './use-draft.ts';

const LOOK_MS = 250;

export interface PreviewSeen {
  /** The newest figures, also while those of a newer text are on their way. */
  readonly answer: PreviewAnswer | null;
  readonly counting: boolean;
  readonly error: ApiError | null;
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** `live` names the live version that it is compared with: another one is another preview. */
export function usePreviewOf(text: string, tag: number, live: number, sound: boolean): PreviewSeen {
  const rested = useRested(text, PREVIEW_MS);
  const [seen, setSeen] = useState<PreviewSeen>({ answer: null, counting: false, error: null });
  const ready = sound && rested === text;
  useEffect(() => {
    if (!ready || live < 0) return;
    let over = false;
    let id: string | undefined;
    const follow = async (): Promise<void> => {
      setSeen((before) => ({ ...before, counting: true, error: null }));
      let answer = await beginPreview(rested, tag);
      id = answer.preview_id;
      while (!over) {
        const running = answer.state === 'running';
        const error = answer.error === null ? null : new ApiError(0, answer.error.code, answer.error.message);
        const shown = answer;
        setSeen((before) => ({ answer: shown.figures === null ? before.answer : shown, counting: running, error }));
        if (!running) return;
        await pause(LOOK_MS);
        answer = await lookAtPreview(id);
      }
    };
    follow().catch((error: unknown) => {
      if (!over)
        setSeen((before) => ({
          ...before,
          counting: false,
          error: asApiError(error),
        }));
    });
    return () => {
      over = true;
      // What has ended already stays as it ended.
      if (id !== undefined) cancelPreview(id).catch(() => undefined);
    };
  }, [ready, rested, tag, live]);
  return seen;
}
