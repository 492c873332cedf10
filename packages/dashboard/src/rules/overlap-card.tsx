/** The rule beside every other tag: counted when it is asked for. */
import type { PreviewAnswer } from '@tagmill/shared/api/rules';
import { type ReactElement, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { ApiError, asApiError } from '../api/http.ts';
import { beginPreview, cancelPreview, lookAtPreview } from '../api/rules.ts';
import { count } from '../ui/format.ts';

const LOOK_MS = 300;
const SHOWN = 6;

export function OverlapCard({ tag, text, sound }: { readonly tag: number; readonly text: string; readonly sound: boolean }): ReactElement {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<string | null>(null);
  const { answer, error } = useOverlap(asked, tag);
  const shown = (answer?.overlap ?? []).filter((one) => one.both > 0).slice(0, SHOWN);
  return (
    <section className="tm-section" data-testid="rule-overlap" data-state={answer?.state ?? 'none'}>
      <h3>
        {t('rules.overlap')}
        <span className="tm-grow" />
        <button type="button" className="tm-link" aria-disabled={!sound} onClick={() => sound && setAsked(text)} data-testid="ask-overlap">
          {t('rules.countOverlap')}
        </button>
      </h3>
      {error !== null && (
        <p className="tm-note tm-note-bad" role="alert">
          {error.message}
        </p>
      )}
      {answer?.verdict != null && <p className="tm-rule-warning">{t(`rules.verdict.${answer.verdict}`)}</p>}
      {answer !== null && asked !== text && <p className="tm-quiet">{t('rules.previewOld')}</p>}
      <ul className="tm-rule-overlap">
        {shown.map(({ tag_id, tag_name, matched, both, relation }) => (
          <li key={tag_id} data-relation={relation}>
            <Link href={`/rules/${tag_id}`} className="tm-cut">
              {tag_name}
            </Link>
            <i className="tm-meter" aria-hidden="true">
              <i style={{ width: `${(both / Math.max(1, matched)) * 100}%` }} />
            </i>
            <span>{t('rules.shared', { both: count(both), matched: count(matched) })}</span>
            {relation !== null && relation !== 'overlaps' && <b>{t(`rules.relation.${relation}`)}</b>}
          </li>
        ))}
      </ul>
    </section>
  );
}

interface Seen {
  readonly answer: PreviewAnswer | null;
  readonly error: ApiError | null;
}

function useOverlap(text: string | null, tag: number): Seen {
  const [seen, setSeen] = useState<Seen>({ answer: null, error: null });
  useEffect(() => {
    if (text === null) return;
    let id: string | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const failed = (error: unknown): void => {
      if (!over) setSeen({ answer: null, error: asApiError(error) });
    };
    const take = (answer: PreviewAnswer): void => {
      id = answer.preview_id;
      if (over) return;
      const error = answer.error === null ? null : new ApiError(0, answer.error.code, answer.error.message);
      setSeen({ answer, error });
      if (answer.state === 'running') timer = setTimeout(() => void lookAtPreview(answer.preview_id).then(take, failed), LOOK_MS);
    };
    beginPreview(text, tag, true).then(take, failed);
    return () => {
      over = true;
      clearTimeout(timer);
      // What has ended already stays as it ended.
      if (id !== undefined) cancelPreview(id).catch(() => undefined);
    };
  }, [text, tag]);
  return seen;
}
