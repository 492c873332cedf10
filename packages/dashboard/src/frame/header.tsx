import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ChevronRight, Languages, Moon, Play, Sun } from 'lucide-react';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useRoute } from 'wouter';
import { ApiError, startRun } from '../api/http.ts';
import { readRule } from '../api/rules.ts';
import { useCanAct, useManagerNow, useRun } from '../feed/hooks.ts';
import { languageNow, switchLanguage } from '../i18n/setup.ts';
import { PaletteButton } from '../palette/palette.tsx';
import { when } from '../recovery/time.ts';
import { useRecovery } from '../recovery/use-recovery.ts';
import { tookMs } from '../run/card-text.ts';
import { RUN_MARK } from '../run/recent-runs.tsx';
import { businessDate, duration } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { LinkChip } from './link-chip.tsx';

/** Pages whose title is their word on the rail. */
const TITLED = ['inbox', 'users', 'settings'] as const;

export function Header(): ReactElement {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const [onRun, params] = useRoute('/runs/:id');
  const [onExecutors] = useRoute('/executors');
  const [onRecovery] = useRoute('/recovery');
  const [onRules] = useRoute('/rules/*?');
  const [onPage, page] = useRoute('/:page/*?');
  const word = TITLED.find((one) => onPage && page['page'] === one);
  const next = scheme === 'dark' ? 'light' : 'dark';
  return (
    <header className="tm-header">
      {onExecutors ? (
        <h1>{t('executors.title')}</h1>
      ) : onRecovery ? (
        <RecoveryTitle />
      ) : onRules ? (
        <RulesTitle />
      ) : word !== undefined ? (
        <h1>{t(`rail.${word}`)}</h1>
      ) : onRun ? (
        <RunTitle runId={params.id} />
      ) : (
        <span className="tm-quiet">{t('header.noRun')}</span>
      )}
      <span className="tm-grow" />
      <PaletteButton />
      <StartRun />
      <LinkChip />
      <IconButton label={t('header.language')} onClick={() => switchLanguage(languageNow() === 'en' ? 'zh' : 'en')} testId="language">
        <Languages size={17} />
      </IconButton>
      <IconButton
        label={next === 'dark' ? t('header.themeDark') : t('header.themeLight')}
        onClick={() => setColorScheme(next)}
        testId="theme"
      >
        {next === 'dark' ? <Moon size={17} /> : <Sun size={17} />}
      </IconButton>
    </header>
  );
}

function RulesTitle(): ReactElement {
  const { t } = useTranslation();
  const [onRule, params] = useRoute('/rules/:tag');
  const tag = Number(params?.tag ?? 0);
  const { data } = useQuery({
    queryKey: ['rule', tag],
    queryFn: () => readRule(tag),
    enabled: onRule,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <h1 className="tm-crumbs">
      <Link href="/rules">{t('rail.rules')}</Link>
      {onRule && (
        <>
          <ChevronRight size={14} aria-hidden="true" /> <span data-testid="rule-name">{data?.tag_name ?? tag}</span>
        </>
      )}
    </h1>
  );
}

function RecoveryTitle(): ReactElement {
  const { t } = useTranslation();
  const { data } = useRecovery();
  return (
    <h1 className="tm-crumbs">
      <span>{t('rail.recovery')}</span>
      {data !== null && data !== undefined && (
        <>
          <ChevronRight size={14} aria-hidden="true" /> <span data-testid="recovery-when">{when(data.startedMs, languageNow())}</span>
        </>
      )}
    </h1>
  );
}

function RunTitle({ runId }: { readonly runId: string }): ReactElement {
  const { t } = useTranslation();
  const run = useRun(runId);
  const nowMs = useManagerNow();
  if (run === undefined) return <span className="tm-quiet">…</span>;
  const ms = tookMs(run, nowMs);
  const ended = run.endedAtMs !== null;
  return (
    <>
      <h1>{t(`mode.${run.mode}`, { defaultValue: run.mode })}</h1>
      <span className="tm-box" title={run.asOf === null ? undefined : t('header.asOf', { asOf: run.asOf })}>
        {run.businessDate === null ? t('header.noDate') : businessDate(run.businessDate, languageNow())}
      </span>
      <span className="tm-run-state" data-testid="run-state" data-state={run.state}>
        <Glyph mark={RUN_MARK[run.state]} />
        <b>{t(`runState.${run.state}`)}</b>
        {run.queuePlace !== null && <span>{t('header.queued', { count: run.queuePlace })}</span>}
        {ms !== null && <span>{ended ? t('header.took', { time: duration(ms) }) : duration(ms)}</span>}
        {run.message !== null && (
          <span className="tm-cut tm-run-message" title={run.message}>
            {run.message}
          </span>
        )}
      </span>
    </>
  );
}

/** Starts a run of all tags and shows it. A refusal is said beside the button. */
export function StartRun({ big = false }: { readonly big?: boolean }): ReactElement {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  const [, go] = useLocation();
  const canAct = useCanAct();
  const start = async (): Promise<void> => {
    if (busy || !canAct) return;
    setBusy(true);
    setFailed(null);
    try {
      go(`/runs/${await startRun()}`);
    } catch (error) {
      setFailed(error instanceof ApiError ? `${error.message} (${error.code})` : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {failed !== null && (
        <span className="tm-start-failed" role="alert" title={failed}>
          {failed}
        </span>
      )}
      <button
        type="button"
        className="tm-button"
        data-primary={big}
        aria-disabled={!canAct || busy}
        onClick={() => void start()}
        data-testid={big ? 'start-first-run' : 'start-run'}
      >
        <Play size={14} aria-hidden="true" />
        <span>{busy ? t('header.starting') : t('header.start')}</span>
      </button>
    </>
  );
}
