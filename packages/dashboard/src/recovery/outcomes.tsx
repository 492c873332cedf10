/** What became of the work that was under way, and of what came too late. */
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import { Ban, CircleHelp, RotateCcw, ShieldCheck } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { count } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';
import { openAttempts } from './figures.ts';

const FEW = 3;

export function AttemptsCard({ report }: { readonly report: RecoveryReport }): ReactElement {
  const { t } = useTranslation();
  const { running, kept, accepted, redone, examples } = report.attempts;
  const open = openAttempts(report);
  const again = examples.filter((one) => one.outcome === 'redone').map((one) => `${one.task} ${one.shard}`);
  const more = redone - Math.min(FEW, again.length);
  const names = [...again.slice(0, FEW), ...(again.length > 0 && more > 0 ? [t('recovery.more', { count: more })] : [])].join(', ');
  return (
    <section className="tm-rec-card tm-rec-rows" data-testid="recovery-attempts">
      <h2>{t('recovery.attempts', { count: running })}</h2>
      <ul>
        <Line icon={<Glyph mark="running" size={15} />} value={kept} text={t('recovery.kept')} note={t('recovery.keptNote')} />
        <Line
          icon={<Glyph mark="succeeded" size={15} />}
          value={accepted}
          text={t('recovery.accepted')}
          note={t('recovery.acceptedNote')}
        />
        <Line
          icon={<RotateCcw size={15} data-warn={redone > 0} aria-hidden="true" />}
          value={redone}
          text={t('recovery.redoneWord')}
          note={names === '' ? t('recovery.redoneNote') : t('recovery.redoneNames', { names })}
        />
        {open > 0 && (
          <Line
            icon={<CircleHelp size={15} aria-hidden="true" />}
            value={open}
            text={t('recovery.openWord')}
            note={t('recovery.openNote')}
          />
        )}
      </ul>
    </section>
  );
}

export function LateCard({ report }: { readonly report: RecoveryReport }): ReactElement {
  const { t } = useTranslation();
  const { dropped, fenced } = report.late;
  return (
    <section className="tm-rec-card tm-rec-rows" data-testid="recovery-late">
      <h2>{report.termBefore === null ? t('recovery.late') : t('recovery.lateOf', { term: count(report.termBefore) })}</h2>
      <ul>
        <Line icon={<Ban size={15} aria-hidden="true" />} value={dropped} text={t('recovery.dropped')} note={t('recovery.droppedNote')} />
        <Line
          icon={<ShieldCheck size={15} data-ok="true" aria-hidden="true" />}
          value={fenced}
          text={t('recovery.fenced')}
          note={t('recovery.fencedNote')}
        />
      </ul>
    </section>
  );
}

interface LineProps {
  readonly icon: ReactNode;
  readonly value: number;
  readonly text: string;
  readonly note: string;
}

function Line({ icon, value, text, note }: LineProps): ReactElement {
  return (
    <li>
      {icon}
      <b>{count(value)}</b>
      <span>{text}</span>
      <small>{note}</small>
    </li>
  );
}
