/** The rule of a tag: blocks and JSON of one document, what it would do, examples, versions, save; one user explained. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { RuleAnswer, SaveAnswer } from '@tagmill/shared/api/rules';
import { Redo2, ScanSearch, Undo2 } from 'lucide-react';
import { type ReactElement, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/http.ts';
import { type Example, readCatalog, readRule } from '../api/rules.ts';
import { formatted, readDocument, writeDocument } from '../rules/document.ts';
import { ExamplesCard } from '../rules/examples-card.tsx';
import { ExplainPanel } from '../rules/explain-panel.tsx';
import { OverlapCard } from '../rules/overlap-card.tsx';
import { PreviewCard } from '../rules/preview-card.tsx';
import { SaveCard } from '../rules/save-card.tsx';
import { Tree } from '../rules/tree.tsx';
import { useCheck, useDraft, useExamples } from '../rules/use-draft.ts';
import { usePreviewOf } from '../rules/use-preview.ts';
import { VersionsCard } from '../rules/versions-card.tsx';
import { IconButton } from '../ui/icon-button.tsx';

export function RulePage({ tag }: { readonly tag: number }): ReactElement {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ['rule', tag],
    queryFn: () => readRule(tag),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (error !== null)
    return (
      <main className="tm-rule" data-testid="rule-page">
        <p className="tm-note tm-note-bad tm-rule-pad" role="alert">
          {error.message} <code>{error instanceof ApiError ? error.code : 'INTERNAL'}</code>
        </p>
      </main>
    );
  if (data === undefined)
    return (
      <main className="tm-rule" data-testid="rule-page" aria-busy="true">
        <p className="tm-quiet tm-rule-pad">{t('rules.loading')}</p>
      </main>
    );
  return <Editor key={tag} answer={data} />;
}

const NEW_RULE = '{"logic": "AND", "conditions": []}';

function Editor({ answer }: { readonly answer: RuleAnswer }): ReactElement {
  const { t } = useTranslation();
  const tag = answer.tag_id;
  const queries = useQueryClient();
  const newest = answer.draft ?? answer.live;
  const [kept, setKept] = useState({ text: formatted(newest?.rule_text ?? NEW_RULE), examples: newest?.examples ?? [] });
  const draft = useDraft(kept.text);
  const [examples, setExamples] = useState<readonly Example[]>(kept.examples);
  const [user, setUser] = useState<string | null>(null);
  const check = useCheck(draft.text, tag);
  const sound = check.data?.ok === true && !check.isPlaceholderData;
  const preview = usePreviewOf(draft.text, tag, answer.live?.version ?? 0, sound);
  const tested = useExamples(draft.text, examples, sound);
  const catalog = useQuery({ queryKey: ['catalog'], queryFn: readCatalog, retry: false, staleTime: 60_000 });
  const root = useMemo(() => readDocument(draft.text), [draft.text]);
  const counts = useMemo(() => {
    const { figures, parts = [] } = preview.answer ?? { figures: null };
    return new Map([
      ...(figures === null ? [] : [['', figures.matched] as const]),
      ...parts.map((part) => [part.path, part.matched] as const),
    ]);
  }, [preview.answer]);
  const changed = draft.text !== kept.text || examples !== kept.examples;
  const saved = (done: SaveAnswer): void => {
    setKept({ text: draft.text, examples: examples as Example[] });
    // The rule is not read again while somebody types; what has changed of it is known.
    queries.setQueryData<RuleAnswer>(['rule', tag], (before) =>
      before === undefined ? before : { ...before, etag: done.etag, live: done.version.state === 'live' ? done.version : before.live },
    );
    void queries.invalidateQueries({ queryKey: ['explain', tag] });
  };
  return (
    <main
      className="tm-rule"
      data-testid="rule-page"
      data-checked={check.data === undefined || check.isPlaceholderData ? '' : String(check.data.ok)}
    >
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
        {check.error !== null && (
          <p className="tm-note tm-note-bad" role="alert">
            {check.error.message}
          </p>
        )}
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
          <PreviewCard seen={preview} blocked={!sound} explain={setUser} />
          <ExamplesCard examples={examples} tested={tested.data} change={setExamples} />
          <OverlapCard tag={tag} text={draft.text} sound={sound} />
          <VersionsCard
            tag={tag}
            take={(version) => {
              draft.set(formatted(version.rule_text));
              setExamples(version.examples);
            }}
          />
        </div>
        <SaveCard
          tag={tag}
          text={draft.text}
          examples={examples}
          next={Number(/^"v(\d+)/.exec(answer.etag)?.[1] ?? 0) + 1}
          etag={answer.etag}
          errors={check.data === undefined || check.isPlaceholderData ? -1 : check.data.errors.length}
          changed={changed}
          saved={saved}
        />
      </aside>
    </main>
  );
}
