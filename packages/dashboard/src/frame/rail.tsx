import { Activity, History, Inbox, Server, Settings, Tags, Users } from 'lucide-react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import { useExecutors } from '../feed/hooks.ts';
import { useInbox } from '../inbox/use-inbox.ts';

/** The pages there are; one line each. */
const PAGES = [
  { href: '/', word: 'run', Icon: Activity, here: (path: string) => path === '/' || path.startsWith('/runs/') },
  { href: '/inbox', word: 'inbox', Icon: Inbox, here: (path: string) => path === '/inbox' },
  { href: '/executors', word: 'executors', Icon: Server, here: (path: string) => path.startsWith('/executors') },
  { href: '/rules', word: 'rules', Icon: Tags, here: (path: string) => path.startsWith('/rules') },
  { href: '/users', word: 'users', Icon: Users, here: (path: string) => path.startsWith('/users') },
  { href: '/recovery', word: 'recovery', Icon: History, here: (path: string) => path === '/recovery' },
  { href: '/settings', word: 'settings', Icon: Settings, here: (path: string) => path === '/settings' },
] as const;

export function Rail(): ReactElement {
  const { t } = useTranslation();
  const [path] = useLocation();
  const waiting = useInbox().data?.items.length ?? 0;
  const lost = Object.values(useExecutors()).filter((one) => one.state === 'silent').length;
  return (
    <nav className="tm-rail" aria-label={t('rail.label')}>
      <span className="tm-logo" role="img" aria-label={t('brand')}>
        <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="var(--tm-ink)" />
          <path d="M9 10h14M16 10v13" stroke="var(--tm-on-ink)" strokeWidth="2.4" fill="none" strokeLinecap="round" />
          <g fill="var(--tm-on-ink)">
            <circle cx="9" cy="10" r="2.6" />
            <circle cx="23" cy="10" r="2.6" />
            <circle cx="16" cy="23" r="2.6" />
          </g>
        </svg>
      </span>
      {PAGES.map(({ href, word, Icon, here }) => (
        <Link key={href} href={href} aria-current={here(path) ? 'page' : undefined} data-testid={`page-${word}`}>
          <span className="tm-rail-icon">
            <Icon size={18} aria-hidden="true" />
            {word === 'inbox' && waiting > 0 && <b className="tm-badge">{waiting > 99 ? '99+' : waiting}</b>}
            {word === 'executors' && lost > 0 && <b className="tm-badge">{lost}</b>}
          </span>
          {t(`rail.${word}`)}
        </Link>
      ))}
    </nav>
  );
}
