/** The rule of a tag: blocks and JSON of one document, what it would do, examples, versions, save; one user explained. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { PreviewAnswer, RuleAnswer, RuleVersion } from '@tagmill/shared/api/rules';
import { Redo2, ScanSearch, Undo2 } from 'lucide-react';
import { type ReactElement, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { listTags, readCatalog, type TagLine } from '../api/rules.ts';
import { ApiFailure } from '../ui/api-failure.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { readDocument, writeDocument } from './document.ts';
import { ExamplesCard } from './examples-card.tsx';
import { ExplainPanel } from './explain-panel.tsx';
import { LastRunCard } from './last-run-card.tsx';
import { EditingNotes } from './notes.tsx';
import { OverlapCard } from './overlap-card.tsx';
import { OverridesCard } from './overrides-card.tsx';
import { PolicyCard } from './policy-card.tsx';
import { PreviewCard } from './preview-card.tsx';
import { SaveCard } from './save-card.tsx';
import { Tree } from './tree.tsx';
import { UsedCard } from './used-card.tsx';
import { useCheck, useExamples } from './use-draft.ts';
import { useEditing } from './use-editing.ts';
import { usePreviewOf } from './use-preview.ts';
import { VersionsCard } from './versions-card.tsx';

const NO_TAGS: readonly TagLine[] = [];

export function Editor({ answer }: { readonly answer: RuleAnswer }): ReactElement {
  const { t } = useTranslation();
  const tag = answer.tag_id;
  const queries = useQueryClient();
  const editing = useEditing(answer);
  const { draft, examples, setExamples, changed } = editing;
  const [user, setUser] = useState<string | null>(null);
  const check = useCheck(draft.text, tag);
  const sound = check.isNew && check.data?.ok === true;
  const preview = usePreviewOf(draft.text, tag, answer.live?.version ?? 0, sound);
  const tested = useExamples(draft.text, examples, sound);
  const catalog = useQuery({ queryKey: ['catalog'], queryFn: readCatalog, retry: false, staleTime: 60_000 });
  const tags = useQuery({ queryKey: ['tags'], queryFn: listTags, retry: false });
  const root = useMemo(() => readDocument(draft.text), [draft.text]);
  const counts = useMemo(() => countsOf(preview.answer), [preview.answer]);
  const errors = check.isNew ? (check.data?.errors.length ?? -1) : -1;
  const takeTheirs = (version: RuleVersion): void => {
    editing.adopt(version);
    void queries.invalidateQueries({ queryKey: ['rule', tag] });
    void queries.invalidateQueries({ queryKey: ['rule-versions', tag] });
  };
  return (
    <main className="tm-rule" data-testid="rule-page" data-checked={check.isNew ? String(check.data?.ok) : ''}>
      <section className="tm-rule-blocks" aria-label={t('rules.title')}>
        <header className="tm-rule-bar">
          <h2>{t('rules.title')}</h2>
          {check.data !== undefined && <span className="tm-quiet">{t('rules.dataOf', { date: check.data.basis.business_date })}</span>}
          <span className="tm-grow" />
          <IconButton label={t('rules.undo')} onClick={draft.undo} testId="undo">
            <Undo2 size={15} />
          </IconButton>
          <IconButton label={t('rules.redo')} onClick={draft.redo}>
            <Redo2 size={15} />
          </IconButton>
          <button type="button" className="tm-button" onClick={() => setUser(user === null ? '' : null)} data-testid="explain-open">
            <ScanSearch size={14} aria-hidden="true" /> {t('rules.explainTitle')}
          </button>
        </header>
        <EditingNotes tag={tag} editing={editing} />
        <ApiFailure error={check.error} />
        {root === null ? (
          <p className="tm-rule-fault" data-testid="rule-error">
            {check.data?.errors[0]?.message ?? t('rules.noJson')}
          </p>
        ) : (
          <Tree
            root={root}
            errors={check.data?.errors ?? []}
            warnings={check.data?.warnings ?? []}
            counts={counts}
            catalog={catalog.data}
            tags={tags.data?.filter((one) => one.tag_id !== tag) ?? NO_TAGS}
            change={(next) => draft.set(writeDocument(next))}
          />
        )}
        {check.data?.words != null && (
          <p className="tm-rule-words" data-testid="rule-words">
            <b>{t('rules.inWords')}</b> {check.data.words}
          </p>
        )}
      </section>
      <section className="tm-rule-json">
        <header className="tm-rule-bar">
          <h2>JSON</h2>
          <span className="tm-quiet">{t('rules.bothWays')}</span>
        </header>
        <textarea
          aria-label={t('rules.json')}
          spellCheck={false}
          value={draft.text}
          onChange={(event) => draft.set(event.target.value)}
          data-testid="rule-json"
        />
      </section>
      <aside className="tm-rule-side tm-panel" id="panel" tabIndex={-1}>
        {user !== null && (
          <ExplainPanel
            key={user}
            tag={tag}
            user={user}
            ask={setUser}
            keep={(one) => setExamples([...examples, one])}
            close={() => setUser(null)}
          />
        )}
        <div className="tm-panel-body">
          <LastRunCard tag={tag} />
          <PreviewCard seen={preview} blocked={!sound} explain={setUser} />
          <ExamplesCard examples={examples} tested={tested.data} change={setExamples} />
          <VersionsCard tag={tag} approval={answer.approval} take={editing.take} />
          <PolicyCard tag={tag} />
          <OverridesCard tag={tag} />
          <UsedCard tag={tag} reads={check.data?.reads ?? []} catalog={catalog.data} downstream={preview.answer?.downstream ?? []} />
          <OverlapCard tag={tag} text={draft.text} sound={sound} />
        </div>
        <SaveCard
          tag={tag}
          text={draft.text}
          examples={examples}
          next={Number(/^"v(\d+)/.exec(answer.etag)?.[1] ?? 0) + 1}
          etag={answer.etag}
          errors={errors}
          changed={changed}
          approval={answer.approval}
          saved={editing.saved}
          takeTheirs={takeTheirs}
        />
      </aside>
    </main>
  );
}

/** Users for whom each node alone is TRUE, by its path. */
function countsOf(answer: PreviewAnswer | null): ReadonlyMap<string, number> {
  const { figures, parts = [] } = answer ?? { figures: null };
  const whole = figures === null ? [] : [['', figures.matched] as const];
  return new Map([...whole, ...parts.map((part) => [part.path, part.matched] as const)]);
}
