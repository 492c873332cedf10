/** What is being written of a rule, beside the version that it began from: nothing of it is lost by a reload. */
import { useQueryClient } from '@tanstack/react-query';
import type { RuleAnswer, RuleVersion, SaveAnswer } from '@tagmill/shared/api/rules';
import { useEffect, useRef, useState } from 'react';
import type { Example } from '../api/rules.ts';
import { formatted } from './document.ts';
import { dropKept, keepDraft, type KeptDraft, readKept } from './kept-draft.ts';
import { type Draft, useDraft } from './use-draft.ts';

const NEW_RULE = '{"logic": "AND", "conditions": []}';

interface Base {
  readonly version: number;
  readonly text: string;
  readonly examples: readonly Example[];
}

const baseOf = (newest: RuleVersion | null): Base => ({
  version: newest?.version ?? 0,
  text: formatted(newest?.rule_text ?? NEW_RULE),
  examples: newest?.examples ?? [],
});

export interface Editing {
  readonly draft: Draft;
  readonly examples: readonly Example[];
  readonly setExamples: (examples: readonly Example[]) => void;
  readonly changed: boolean;
  /** Work of an earlier visit that is here again; null: there was none, or it was put away. */
  readonly restored: KeptDraft | null;
  /** What is written here began from an older version than the newest one. */
  readonly behind: RuleVersion | null;
  readonly take: (version: RuleVersion) => void;
  /** Begins anew from a version; undo leads back to the text that was there. */
  readonly adopt: (version: RuleVersion) => void;
  readonly drop: () => void;
  readonly saved: (answer: SaveAnswer) => void;
}

const same = (a: readonly Example[], b: readonly Example[]): boolean => JSON.stringify(a) === JSON.stringify(b);

export function useEditing(answer: RuleAnswer): Editing {
  const tag = answer.tag_id;
  const queries = useQueryClient();
  const newest = answer.draft ?? answer.live;
  const [base, setBase] = useState(() => baseOf(newest));
  const [restored, setRestored] = useState(() => {
    const kept = readKept(tag);
    return kept === null || (kept.text === base.text && same(kept.examples, base.examples)) ? null : kept;
  });
  const draft = useDraft(base.text, restored?.text ?? base.text);
  const [examples, setExamples] = useState<readonly Example[]>(restored?.examples ?? base.examples);
  // Of work that began from a version that is no longer the newest.
  const [from, setFrom] = useState(restored?.base ?? base.version);
  const changed = draft.text !== base.text || !same(examples, base.examples);
  useEffect(() => {
    if (changed) keepDraft(tag, { base: from, text: draft.text, examples, atMs: Date.now() });
    else dropKept(tag);
  }, [tag, changed, from, draft.text, examples]);
  const start = (next: Base): void => {
    setBase(next);
    setFrom(next.version);
    setRestored(null);
    draft.set(next.text);
    setExamples(next.examples);
  };
  useFollow(answer, changed, base, () => start(baseOf(newest)));
  return {
    draft,
    examples,
    setExamples,
    changed,
    restored,
    behind: changed && newest !== null && newest.version > from ? newest : null,
    take: (version) => {
      draft.set(formatted(version.rule_text));
      setExamples(version.examples);
    },
    adopt: (version) => start(baseOf(version)),
    drop: () => start(baseOf(newest)),
    saved: (done) => {
      setBase({ version: done.version.version, text: draft.text, examples });
      setFrom(done.version.version);
      setRestored(null);
      // The rule is not read again while somebody types; what has changed of it is known.
      const { version, etag } = done;
      queries.setQueryData<RuleAnswer>(['rule', tag], (before) => {
        if (before === undefined) return before;
        if (version.state === 'live') return { ...before, etag, live: version, draft: null };
        return { ...before, etag, draft: version, proposed: version.state === 'proposed' ? version : before.proposed };
      });
      void queries.invalidateQueries({ queryKey: ['explain', tag] });
    },
  };
}

/** A rule that was changed elsewhere is taken up while nobody is writing here. */
function useFollow(answer: RuleAnswer, changed: boolean, base: Base, follow: () => void): void {
  const seen = useRef(answer.etag);
  useEffect(() => {
    if (seen.current === answer.etag) return;
    seen.current = answer.etag;
    const newest = answer.draft ?? answer.live;
    if (!changed && newest !== null && newest.version !== base.version) follow();
  });
}
