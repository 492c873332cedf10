/** How well what is confirmed now is kept: journal and newest snapshot. */
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { useManagerNow, useService } from '../feed/hooks.ts';
import { bytes, clock, count, duration } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';
import { localZone } from './time.ts';

export function Keeping(): ReactElement | null {
  const { t } = useTranslation();
  const service = useService();
  const nowMs = useManagerNow();
  const { journal, snapshot } = service ?? {};
  if (journal === undefined && snapshot === undefined) return null;
  return (
    <section className="tm-rec-card tm-rec-keeping" aria-label={t('keeping.title')} data-testid="keeping">
      {journal !== undefined && (
        <p data-bad={journal.state !== 'ok'}>
          <Glyph mark={journal.state === 'ok' ? 'succeeded' : 'failed'} size={15} />
          <b>{t(`journal.${journal.state}`)}</b>
          {journal.state !== 'ok' && (
            <span>
              {journal.sinceMs !== null && t('journal.since', { time: clock(journal.sinceMs, localZone()) })} {journal.sentence}
            </span>
          )}
        </p>
      )}
      {snapshot !== undefined && (
        <p>
          <b>{t('keeping.snapshot')}</b>
          {snapshot === null ? (
            <span>{t('keeping.noSnapshot')}</span>
          ) : (
            <span data-testid="newest-snapshot">
              {t('keeping.snapshotIs', {
                seq: count(snapshot.seq),
                size: bytes(snapshot.sizeBytes),
                ago: duration(Math.max(0, nowMs - snapshot.atMs)),
              })}
            </span>
          )}
        </p>
      )}
    </section>
  );
}
