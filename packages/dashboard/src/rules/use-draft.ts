/** The text that is being edited, with undo; and what the manager says of it a moment after the last key. */
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { CheckAnswer, TestAnswer } from '@tagmill/shared/api/rules';
import { useEffect, useState } from 'react';
import { checkRule, type Example, testRule } from '../api/rules.ts';

export interface Draft {
  readonly text: string;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly set: (text: string) => void;
  readonly undo: () => void;
  readonly redo: () => void;
}

interface Past {
  readonly texts: readonly string[];
  readonly at: number;
}

const MOST_TEXTS = 200;

/** `again`: a text that was being worked on before; undo leads back to the start. */
export function useDraft(start: string, again: string): Draft {
  const [{ texts, at }, setPast] = useState<Past>(() => (again === start ? { texts: [start], at: 0 } : { texts: [start, again], at: 1 }));
  const go = (to: number): void => setPast({ texts, at: Math.max(0, Math.min(texts.length - 1, to)) });
  return {
    text: texts[at] ?? '',
    canUndo: at > 0,
    canRedo: at < texts.length - 1,
    set: (text) =>
      setPast((past) => {
        const before = past.texts.slice(0, past.at + 1).slice(-MOST_TEXTS);
        return { texts: [...before, text], at: before.length };
      }),
    undo: () => go(at - 1),
    redo: () => go(at + 1),
  };
}

/** The value once it has rested for so long. */
export function useRested<T>(value: T, restMs: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), restMs);
    return () => clearTimeout(timer);
  }, [value, restMs]);
  return rested;
}

export const CHECK_MS = 300;
export const PREVIEW_MS = 800;

export interface Checked {
  /** The newest answer, also while that of a newer text is on its way. */
  readonly data: CheckAnswer | undefined;
  /** Whether the answer is about the text as it is now. */
  readonly isNew: boolean;
  readonly error: Error | null;
}

export function useCheck(text: string, tag: number): Checked {
  const rested = useRested(text, CHECK_MS);
  const { data, error, isPlaceholderData } = useQuery({
    queryKey: ['rule-check', tag, rested],
    queryFn: ({ signal }) => checkRule(rested, tag, signal),
    retry: false,
    placeholderData: (before) => before,
  });
  return { data, error, isNew: data !== undefined && !isPlaceholderData && rested === text };
}

/** Examples on the text as it is now; asked only when the rule is sound. */
export function useExamples(text: string, examples: readonly Example[], sound: boolean): UseQueryResult<TestAnswer> {
  const rested = useRested(text, CHECK_MS);
  return useQuery({
    queryKey: ['rule-test', rested, examples],
    queryFn: ({ signal }) => testRule(rested, examples, signal),
    enabled: sound,
    retry: false,
    placeholderData: (before) => before,
  });
}
