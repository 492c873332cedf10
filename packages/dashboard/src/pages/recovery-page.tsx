/** The recovery report: which copy of the journal this manager went on with, why, and what became of the work under way. */
import { useQueryClient } from '@tanstack/react-query';
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import { type ReactElement, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/http.ts';
import { useService } from '../feed/hooks.ts';
import { languageNow, sentences } from '../i18n/setup.ts';
import { Candidates } from '../recovery/candidates.tsx';
import { isFresh } from '../recovery/figures.ts';
import { Happened } from '../recovery/happened.tsx';
import { Keeping } from '../recovery/keeping.tsx';
import { AttemptsCard, LateCard } from '../recovery/outcomes.tsx';
import { markRead } from '../recovery/read.ts';
import { when } from '../recovery/time.ts';
import { useRecovery } from '../recovery/use-recovery.ts';
import { Verdict } from '../recovery/verdict.tsx';

export function RecoveryPage(): ReactElement {
  const { t } = useTranslation();
  const { data, error, isPending } = useRecovery();
  useReading(data ?? null);
  return (
    <main className="tm-rec" data-testid="recovery-page" data-term={data?.term ?? ''}>
      {data === undefined && error !== null && <Failed error={error} />}
      {data === undefined && isPending && (
        <div className="tm-loading" aria-busy="true">
          <span className="tm-sr">{t('recovery.loading')}</span>
          {[96, 240, 200, 120].map((height) => (
            <i key={height} style={{ height }} />
          ))}
        </div>
      )}
      {data !== undefined && (data === null || isFresh(data)) && <Nothing report={data} />}
      {data !== undefined && data !== null && !isFresh(data) && <Report report={data} />}
      <Keeping />
    </main>
  );
}

function Report({ report }: { readonly report: RecoveryReport }): ReactElement {
  return (
    <>
      <Verdict report={report} />
      <Candidates report={report} />
      <Happened report={report} />
      {report.outcome !== 'recovering' && (
        <div className="tm-rec-pair">
          <AttemptsCard report={report} />
          <LateCard report={report} />
        </div>
      )}
    </>
  );
}

/** Whoever has the report on the screen has read it. */
function useReading(report: RecoveryReport | null): void {
  const recovered = useService()?.recovered ?? null;
  const term = report?.term;
  useEffect(() => {
    if (recovered !== null && recovered.term === term) markRead(recovered);
  }, [recovered, term]);
}

function Nothing({ report }: { readonly report: RecoveryReport | null }): ReactElement {
  const { t } = useTranslation();
  return (
    <section className="tm-rec-card tm-rec-nothing" data-testid="recovery-nothing">
      <h2>{t('recovery.nothingTitle')}</h2>
      <p>
        {sentences(
          report === null ? '' : t('recovery.freshStart', { when: when(report.startedMs, languageNow()) }),
          t('recovery.nothingHelp'),
        )}
      </p>
    </section>
  );
}

function Failed({ error }: { readonly error: Error }): ReactElement {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const code = error instanceof ApiError ? error.code : 'INTERNAL';
  return (
    <section className="tm-rec-card tm-rec-nothing" role="alert" data-testid="recovery-failed">
      <h2>{t('recovery.failedTitle')}</h2>
      <p>{error.message}</p>
      <p>
        <code>{code}</code> {t(`error.code.${code}`, { defaultValue: '' })}
      </p>
      <button
        type="button"
        className="tm-button"
        data-primary="true"
        onClick={() => void queries.invalidateQueries({ queryKey: ['recovery'] })}
      >
        {t('recovery.tryAgain')}
      </button>
    </section>
  );
}
