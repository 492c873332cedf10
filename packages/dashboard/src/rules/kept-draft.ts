/** Work that is not saved yet, kept in this browser: a reload, a lost tab or a refused save takes nothing away. */
import type { Example } from '../api/rules.ts';

export interface KeptDraft {
  /** The version that was being changed; 0: the tag had none. */
  readonly base: number;
  readonly text: string;
  readonly examples: readonly Example[];
  readonly atMs: number;
}

const nameOf = (tag: number): string => `tagmill.draft.${tag}`;

/** Null: there is none, or what is there is not ours. */
export function readKept(tag: number): KeptDraft | null {
  try {
    const found = JSON.parse(localStorage.getItem(nameOf(tag)) ?? 'null') as Partial<KeptDraft> | null;
    if (found === null || typeof found !== 'object') return null;
    const { base, text, examples, atMs } = found;
    const sound = typeof base === 'number' && typeof text === 'string' && Array.isArray(examples) && typeof atMs === 'number';
    return sound ? { base, text, examples, atMs } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** False: the browser has no room for it. */
export function keepDraft(tag: number, draft: KeptDraft): boolean {
  try {
    localStorage.setItem(nameOf(tag), JSON.stringify(draft));
    return true;
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  }
}

export const dropKept = (tag: number): void => localStorage.removeItem(nameOf(tag));
