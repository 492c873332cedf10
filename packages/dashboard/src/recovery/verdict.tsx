/** What became of it, in words and five figures. */
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import type { TFunction } from 'i18next';
import type { ReactElement, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { sentences } from '../i18n/setup.ts';
import { count, sentence } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';
import { isLossy, openAttempts, took } from './figures.ts';
import { span } from './span.ts';

/** Whether something is lost, in a sentence. A copy alone cannot tell what was confirmed after the database was last told. */
export function lossText({ entriesLost, outcome }: RecoveryReport, t: TFunction): string {
  if (entriesLost === undefined) return outcome === 'recovering' ? '' : t('recovery.lossUnknown');
  if (entriesLost === null) return t('recovery.lostSome');
  return entriesLost === 0 ? t('recovery.nothingLost') : t('recovery.lost', { count: entriesLost });
}

/** What became of the shards that were running, in a sentence. */
export function redoneText(report: RecoveryReport, t: TFunction): string {
  const { running, redone } = report.attempts;
  if (running === 0) return t('recovery.noneRunning');
  const open = openAttempts(report);
  const done =
    redone === 0 ? t('recovery.redoneNone', { all: count(running) }) : t('recovery.redone', { count: redone, all: count(running) });
  return open === 0 ? done : t('recovery.open', { count: open, all: count(running) });
}

const lostFigure = ({ entriesLost }: RecoveryReport, t: TFunction): string | null =>
  entriesLost === undefined ? null : entriesLost === null ? t('recovery.some') : count(entriesLost);

function usedText({ outcome, candidates }: RecoveryReport, t: TFunction): string {
  const winner = candidates.find((one) => one.verdict === 'wins');
  return t(`recovery.used.${outcome}`, { name: winner?.name ?? '' });
}

export function Verdict({ report }: { readonly report: RecoveryReport }): ReactElement {
  const { t } = useTranslation();
  const busy = report.outcome === 'recovering';
  const lossy = isLossy(report);
  const time = took(report);
  const mark = busy ? 'running' : lossy ? 'failed' : 'succeeded';
  return (
    <section className="tm-rec-card tm-rec-verdict" data-testid="recovery-verdict" data-outcome={report.outcome}>
      <div className="tm-rec-words">
        <Glyph mark={mark} size={24} />
        <div>
          <h2>{busy ? t('recovery.busy') : sentences(t('recovery.recovered'), lossText(report, t))}</h2>
          <p title={report.sentence}>{busy ? sentence(report.sentence) : sentences(usedText(report, t), redoneText(report, t))}</p>
        </div>
      </div>
      <dl>
        <Figure
          name={t(time?.until === 'ready' ? 'recovery.toReady' : 'recovery.toDispatch')}
          value={time === null ? null : span(time.ms)}
          none={t('recovery.notYet')}
        />
        <Figure
          name={report.termBefore === null ? t('recovery.term') : t('recovery.termWas', { term: count(report.termBefore) })}
          value={report.term === 0 ? null : count(report.term)}
          none={t('recovery.notYet')}
        />
        <Figure name={t('recovery.fromCopy', { count: report.entriesFromCopy })} value={busy ? null : count(report.entriesFromCopy)} />
        <Figure name={t('recovery.again', { count: report.attempts.redone })} value={busy ? null : count(report.attempts.redone)} />
        <Figure name={t('recovery.changesLost')} value={busy ? null : lostFigure(report, t)} good={!lossy} />
      </dl>
    </section>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: ReactNode;
  /** Said when there is no value. */
  readonly none?: string;
  readonly good?: boolean;
}

function Figure({ name, value, none, good }: FigureProps): ReactElement {
  const { t } = useTranslation();
  return (
    <div data-good={value !== null && good} data-bad={value !== null && good === false}>
      <dt>{name}</dt>
      <dd>{value ?? <span className="tm-quiet">{none ?? t('recovery.unknown')}</span>}</dd>
    </div>
  );
}
