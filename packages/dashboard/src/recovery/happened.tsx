/** The steps from the last entry before to the first dispatch after, on one axis. */
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { useManagerNow } from '../feed/hooks.ts';
import { count } from '../ui/format.ts';
import { span } from './span.ts';
import { fineClock } from './time.ts';
import { timeline, type TimelineRow } from './timeline.ts';

const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;

export function Happened({ report }: { readonly report: RecoveryReport }): ReactElement {
  const { t } = useTranslation();
  const nowMs = useManagerNow(250);
  const { rows, ticks, originMs, dispatch } = timeline(report, nowMs);
  return (
    <section className="tm-rec-card tm-rec-happened" aria-labelledby="rec-happened">
      <header>
        <h2 id="rec-happened">{t('recovery.happened')}</h2>
        {report.window.ms > 0 && (
          <span className="tm-quiet">
            {t(report.window.closedEarly ? 'recovery.windowEarly' : 'recovery.window', { time: span(report.window.ms) })}
          </span>
        )}
      </header>
      <div className="tm-rec-axis">
        <div className="tm-rec-grid" aria-hidden="true">
          {ticks.map(({ at, ms }) => (
            <i key={ms} style={{ left: percent(at) }} data-first={ms === 0}>
              <span>{ms === 0 ? fineClock(originMs) : span(ms).replace('.0 ', ' ')}</span>
            </i>
          ))}
          {dispatch !== null && (
            <b style={{ left: percent(dispatch) }}>
              <span>{t('recovery.firstDispatch', { time: fineClock(report.firstDispatchMs ?? 0) })}</span>
            </b>
          )}
        </div>
        <ol>
          {rows.map((row) => (
            <Row key={row.name} row={row} term={report.term} />
          ))}
        </ol>
      </div>
      {dispatch !== null && (
        <p className="tm-rec-dispatch">{t('recovery.firstDispatch', { time: fineClock(report.firstDispatchMs ?? 0) })}</p>
      )}
    </section>
  );
}

function Row({ row, term }: { readonly row: TimelineRow; readonly term: number }): ReactElement {
  const { t } = useTranslation();
  const end = row.left + row.width;
  // What does not fit behind its bar is written before it.
  const before = end > 0.5 && row.left > 0.2;
  const took = row.ms === null ? t('recovery.underWay') : span(row.ms);
  return (
    <li data-step={row.name} data-open={row.ms === null}>
      <span className="tm-rec-step">
        {row.name === 'term' && term > 0 ? t('recovery.takeTerm', { term: count(term) }) : t(`recovery.step.${row.name}`)}
        <span className="tm-rec-narrow">
          <b>{took}</b> {row.detail}
        </span>
      </span>
      <span className="tm-rec-track">
        <i style={{ left: percent(row.left), width: percent(row.width) }} data-cut={row.cut} />
        {before && row.detail !== '' && (
          <small className="tm-cut" style={{ right: percent(1 - row.left), maxWidth: percent(row.left) }} title={row.detail}>
            {row.detail}
          </small>
        )}
        <span className="tm-cut" style={{ left: percent(end), maxWidth: percent(1 - end) }} title={before ? undefined : row.detail}>
          <b>{took}</b> {!before && <small>{row.detail}</small>}
        </span>
      </span>
    </li>
  );
}
