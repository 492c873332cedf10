/** The link's state in the header, and the banner when what is shown may no longer be true. */
import { CircleX, Clock, History, KeyRound, Loader, RefreshCw, WifiOff } from 'lucide-react';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMediaQuery } from '@mantine/hooks';
import { feed } from '../feed/browser.ts';
import { useFeed, useLink } from '../feed/hooks.ts';
import { canAct, type LinkLevel } from '../feed/link.ts';
import { clock, duration, seconds } from '../ui/format.ts';

const ICON: Readonly<Record<LinkLevel, ReactElement>> = {
  connecting: <Loader size={13} aria-hidden="true" />,
  live: <i className="tm-live-dot" aria-hidden="true" />,
  behind: <Clock size={13} aria-hidden="true" />,
  stale: <Clock size={13} aria-hidden="true" />,
  reconnecting: <Loader size={13} aria-hidden="true" />,
  recovering: <History size={13} aria-hidden="true" />,
  resynced: <RefreshCw size={13} aria-hidden="true" />,
  gap: <CircleX size={13} aria-hidden="true" />,
  denied: <KeyRound size={13} aria-hidden="true" />,
};

export function LinkChip(): ReactElement {
  const { t } = useTranslation();
  const { level, behindMs } = useLink(250);
  const seq = useFeed(
    (state) => Object.entries(state.topics).find(([topic]) => topic.startsWith('run/') || topic === 'executors')?.[1].state?.seq,
  );
  const narrow = useMediaQuery('(max-width: 639px)', undefined, { getInitialValueInEffect: false }) ?? false;
  const text = t(narrow && level === 'live' ? 'link.liveShort' : `link.${level}`, { seconds: seconds(behindMs) });
  return (
    <span
      className="tm-link-chip"
      data-level={level}
      data-testid="link-state"
      title={t(level === 'resynced' ? 'link.resyncedHelp' : 'link.label')}
    >
      {ICON[level]}
      <span className="tm-link-text">{text}</span>
      {seq !== undefined && <code>#{seq.toLocaleString('en-US')}</code>}
    </span>
  );
}

/** A link that has just begun gets a moment before the page complains. */
const PATIENCE_MS = 1_500;
/** Words that come, but late, are lag and no silence. */
const SILENT_FROM_MS = 2_500;

export function LinkBanner(): ReactElement {
  const { t } = useTranslation();
  const { link, level, behindMs, nowMs } = useLink(500);
  const [startedMs] = useState(() => Date.now());
  // An open socket whose first answers are on their way is not worth a banner; a manager that recovers has one of its own.
  const answers = level === 'recovering' || (level === 'reconnecting' && link.status === 'live');
  const broken = !canAct(level) && !answers && level !== 'denied' && (level !== 'connecting' || nowMs - startedMs > PATIENCE_MS);
  const spoken = useSpoken(broken, level === 'resynced');
  const silentMs = link.lastHeardAtMs === null ? null : nowMs - link.lastHeardAtMs;
  const lost = silentMs === null ? t('link.never') : t('link.lost', { for: duration(silentMs) });
  const what =
    silentMs !== null && level === 'stale' && silentMs < SILENT_FROM_MS ? t('link.lagging', { seconds: seconds(behindMs) }) : lost;
  return (
    <>
      <div className="tm-sr" aria-live="assertive">
        {spoken}
      </div>
      {broken && (
        <div className="tm-banner" data-testid="link-banner">
          <WifiOff size={16} aria-hidden="true" />
          <p>
            <b>
              {what}
              {link.managerAtMs !== null &&
                ` ${t('link.stateOf', { time: clock(link.managerAtMs, Intl.DateTimeFormat().resolvedOptions().timeZone) })}`}
            </b>{' '}
            {link.nextTryAtMs !== null &&
              (nowMs < link.nextTryAtMs
                ? t('link.nextTry', { n: link.tries, seconds: seconds(link.nextTryAtMs - nowMs) })
                : t('link.trying'))}{' '}
            {t('link.buttonsOff')}
          </p>
          <button type="button" className="tm-button" onClick={() => feed.tryNow()}>
            {t('link.tryNow')}
          </button>
        </div>
      )}
    </>
  );
}

function useSpoken(broken: boolean, resynced: boolean): string {
  const { t } = useTranslation();
  const before = useRef(false);
  const [spoken, setSpoken] = useState('');
  useEffect(() => {
    if (broken) setSpoken(t('link.lostSpoken'));
    else if (before.current) setSpoken(t('link.backSpoken'));
    before.current = broken;
  }, [broken, t]);
  useEffect(() => {
    if (resynced) setSpoken(t('link.resyncedHelp'));
  }, [resynced, t]);
  return spoken;
}
