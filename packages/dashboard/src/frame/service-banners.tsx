/** What the manager says of itself above the page: it recovers, its journal takes no writes, it has recovered. */
import { CircleAlert, History, X } from 'lucide-react';
import { type ReactElement, type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import type { ServiceRecord } from '@tagmill/shared/feed/views';
import { useLink, useService, useTopic } from '../feed/hooks.ts';
import { canAct } from '../feed/link.ts';
import { SERVICE_TOPIC } from '../feed/service.ts';
import { isLossy, took } from '../recovery/figures.ts';
import { markOf, markRead, useRead } from '../recovery/read.ts';
import { span } from '../recovery/span.ts';
import { localZone } from '../recovery/time.ts';
import { useRecovery } from '../recovery/use-recovery.ts';
import { sentences } from '../i18n/setup.ts';
import { lossText, redoneText } from '../recovery/verdict.tsx';
import { clock, sentence } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';
import { IconButton } from '../ui/icon-button.tsx';

export function ServiceBanners(): ReactElement | null {
  useTopic(SERVICE_TOPIC);
  const { level } = useLink(500);
  const service = useService();
  const [path] = useLocation();
  const mark = useRead((state) => state.mark);
  // While the link is lost nobody knows; its own banner says so.
  if (service === undefined || (!canAct(level) && level !== 'recovering')) return null;
  const { recovering, recovered, journal, massLoss } = service;
  const unread = recovering === null && recovered !== null && markOf(recovered) !== mark && path !== '/recovery';
  return (
    <>
      {recovering !== null && path !== '/recovery' && <Recovering recovering={recovering} />}
      {journal !== undefined && journal.state !== 'ok' && <JournalFault journal={journal} />}
      {massLoss !== undefined && <MassLoss massLoss={massLoss} />}
      {unread && <Recovered recovered={recovered} key={markOf(recovered)} />}
    </>
  );
}

function Recovering({ recovering }: { readonly recovering: NonNullable<ServiceRecord['recovering']> }): ReactElement {
  const { t } = useTranslation();
  return (
    <Banner tone="wait" testId="recovering-banner" icon={<History size={16} aria-hidden="true" />} spoken={t('recovering.spoken')}>
      <p>
        <b>{t('recovering.title', { time: clock(recovering.sinceMs, localZone()) })}</b> {t('recovering.help')}{' '}
        <span className="tm-banner-more">{sentence(recovering.sentence)}</span>
      </p>
      <Link href="/recovery" className="tm-button">
        {t('recovering.watch')}
      </Link>
    </Banner>
  );
}

function JournalFault({ journal }: { readonly journal: NonNullable<ServiceRecord['journal']> }): ReactElement {
  const { t } = useTranslation();
  const title = t(`journal.${journal.state}`);
  return (
    <Banner tone="bad" testId="journal-banner" icon={<CircleAlert size={16} aria-hidden="true" />} spoken={title} state={journal.state}>
      <p>
        <b>
          {title}
          {journal.sinceMs !== null && ` ${t('journal.since', { time: clock(journal.sinceMs, localZone()) })}`}
        </b>{' '}
        {journal.sentence === null ? t('panel.off.journal') : sentence(journal.sentence)}
      </p>
    </Banner>
  );
}

function MassLoss({ massLoss }: { readonly massLoss: NonNullable<ServiceRecord['massLoss']> }): ReactElement {
  const { t } = useTranslation();
  const { lost, of, sinceMs } = massLoss;
  const title = t('massLoss.title', { lost, of, time: clock(sinceMs, localZone()) });
  return (
    <Banner tone="bad" testId="mass-loss-banner" icon={<CircleAlert size={16} aria-hidden="true" />} spoken={title}>
      <p>
        <b>{title}</b> {t('massLoss.help')}
      </p>
    </Banner>
  );
}

function Recovered({ recovered }: { readonly recovered: NonNullable<ServiceRecord['recovered']> }): ReactElement {
  const { t } = useTranslation();
  const { data } = useRecovery();
  // A report of an earlier start says nothing about this one.
  const report: RecoveryReport | null = data?.term === recovered.term ? data : null;
  const lossy = report !== null && isLossy(report);
  const time = report === null ? null : took(report);
  const at = clock(recovered.atMs, localZone());
  return (
    <Banner
      tone={lossy ? 'bad' : 'good'}
      testId="recovered-banner"
      icon={<Glyph mark={lossy ? 'failed' : 'succeeded'} size={16} />}
      spoken={t('recovered.title', { at })}
    >
      <p>
        <b>{time === null ? t('recovered.title', { at }) : t('recovered.after', { at, time: span(time.ms) })}</b>{' '}
        {report === null ? sentence(recovered.sentence) : sentences(lossText(report, t), redoneText(report, t))}
      </p>
      <Link href="/recovery" className="tm-button" data-testid="read-report">
        {t('recovered.read')}
      </Link>
      <IconButton label={t('recovered.dismiss')} onClick={() => markRead(recovered)} testId="dismiss-recovered">
        <X size={15} />
      </IconButton>
    </Banner>
  );
}

interface BannerProps {
  readonly tone: 'good' | 'wait' | 'bad';
  readonly testId: string;
  readonly icon: ReactNode;
  /** Said aloud once, when it appears. */
  readonly spoken: string;
  readonly state?: string;
  readonly children: ReactNode;
}

function Banner({ tone, testId, icon, spoken, state, children }: BannerProps): ReactElement {
  const [said, setSaid] = useState('');
  // A live region speaks of what changes in it, not of what it begins with.
  useEffect(() => setSaid(spoken), [spoken]);
  return (
    <div className="tm-banner" data-tone={tone} data-testid={testId} data-state={state}>
      <span className="tm-sr" aria-live="assertive">
        {said}
      </span>
      {icon}
      {children}
    </div>
  );
}
