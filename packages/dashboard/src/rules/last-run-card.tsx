/** What the newest run made of the tag; held by its check, it is let go or discarded here. */
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { readOverview } from '../api/tags.ts';
import { useRuns, useTopic } from '../feed/hooks.ts';
import { languageNow } from '../i18n/setup.ts';
import { taskHref } from '../run/task-href.ts';
import { StateChip } from '../ui/state-chip.tsx';
import { businessDate, count, signed } from '../ui/format.ts';
import { HeldCard } from './held-card.tsx';

/** Tags at a glance; read again when a run has changed. */
export function useOverview() {
  useTopic('runs');
  const runs = useRuns();
  // A run that moves on changes each second; what a tag has come to changes when its run does.
  const mark = Object.values(runs)
    .map(({ id, state, held, counts }) => `${id} ${state} ${held} ${counts.succeeded} ${counts.failed} ${counts.stopped}`)
    .join();
  return useQuery({ queryKey: ['tag-overview', mark], queryFn: readOverview, retry: false, placeholderData: (before) => before });
}

export function LastRunCard({ tag }: { readonly tag: number }): ReactElement | null {
  const { t } = useTranslation();
  const { data } = useOverview();
  const last = data?.tags.find((one) => one.tag_id === tag)?.last;
  if (last === undefined) return null;
  return (
    <section className="tm-section" data-testid="rule-last-run">
      <h3>
        {t('rules.lastRun')}
        <span className="tm-grow" />
        {last?.business_date != null && (
          <span className="tm-quiet">{t('rules.dataOf', { date: businessDate(last.business_date, languageNow()) })}</span>
        )}
      </h3>
      {last === null ? (
        <p className="tm-quiet">{t('rules.noRun')}</p>
      ) : last.held_by_check !== null ? (
        <HeldCard held={{ run_id: last.run_id, instance_id: last.instance_id, sentence: last.held_by_check }} />
      ) : (
        <p className="tm-rule-last">
          <StateChip state={last.state} />
          {last.matched !== null && <span>{t('panel.matched', { count: last.matched })}</span>}
          {last.entered !== null && <b className="tm-entered">{signed(last.entered, '+')}</b>}
          {last.exited !== null && <b className="tm-exited">{signed(last.exited, '−')}</b>}
          {last.unknown !== null && <span className="tm-quiet">{t('panel.unknown', { count: last.unknown })}</span>}
          <Link href={taskHref(last.instance_id)}>{t('rules.ofRun')}</Link>
        </p>
      )}
      {last !== null && last.held_by_check === null && last.reason !== null && <p className="tm-quiet">{last.reason}</p>}
    </section>
  );
}

/** Share of the evaluated users who have the tag; null: nobody was evaluated. */
export const coverage = (last: { readonly matched: number | null; readonly evaluated: number | null } | null): number | null =>
  last === null || last.matched === null || last.evaluated === null || last.evaluated === 0 ? null : last.matched / last.evaluated;

export const percent = (share: number): string => `${Number((share * 100).toFixed(share < 0.1 ? 2 : 1))} %`;
export const countOrDash = (value: number | null | undefined): string => (value === null || value === undefined ? '–' : count(value));
