/** The latest runs, newest on top. */
import type { RunRecord } from '@tagmill/shared/feed/views';
import type { RunState } from '@tagmill/shared/words';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useManagerNow, useRuns } from '../feed/hooks.ts';
import type { Mark } from '../theme/tokens.ts';
import { businessDate, clock, duration } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';
import { languageNow } from '../i18n/setup.ts';
import { tookMs } from './card-text.ts';

/** Runs have no glyphs of their own; each uses that of the instance state it is nearest to. */
export const RUN_MARK: Readonly<Record<RunState, Mark>> = {
  queued: 'pending',
  running: 'running',
  succeeded: 'succeeded',
  partial: 'failed',
  failed: 'failed',
};

const SHOWN = 7;

export const newestFirst = (runs: Readonly<Record<string, RunRecord>>): RunRecord[] =>
  Object.values(runs).sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1));

export function RecentRuns({ runId }: { readonly runId: string | null }): ReactElement {
  const { t } = useTranslation();
  const runs = newestFirst(useRuns());
  const shown = runs.slice(0, SHOWN);
  const chosen = runs.find((run) => run.id === runId);
  if (chosen !== undefined && !shown.includes(chosen)) shown.push(chosen);
  return (
    <nav className="tm-runs" aria-label={t('side.runs')}>
      <h2>
        {t('side.runs')} <small>{t('side.recent', { count: shown.length })}</small>
      </h2>
      <ul>
        {shown.map((run) => (
          <li key={run.id}>
            <RunRow run={run} current={run.id === runId} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function RunRow({ run, current }: { readonly run: RunRecord; readonly current: boolean }): ReactElement {
  const { t } = useTranslation();
  const nowMs = useManagerNow();
  const ms = tookMs(run, nowMs);
  const date = run.businessDate === null ? t('header.noDate') : businessDate(run.businessDate, languageNow());
  return (
    <Link
      href={`/runs/${run.id}`}
      className="tm-run-row"
      aria-current={current ? 'page' : undefined}
      title={`${t(`runState.${run.state}`)} · ${run.who}`}
    >
      <Glyph mark={RUN_MARK[run.state]} size={13} />
      <span className="tm-run-text">
        <span>{t(`mode.${run.mode}`, { defaultValue: run.mode })}</span>
        <small>
          {clock(run.createdAtMs, run.timeZone).slice(0, 5)} · {date}
        </small>
      </span>
      <small className="tm-run-time">{ms === null ? t(`runState.${run.state}`) : duration(ms)}</small>
    </Link>
  );
}
