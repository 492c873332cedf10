/** What needs a person: each says why in one line and is answered here, or is one click away. */
import type { InboxItem } from '@tagmill/shared/api/tag-overview';
import { INBOX_KINDS } from '@tagmill/shared/words';
import { CircleX, Hand, Pause, Stamp } from 'lucide-react';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import { shownWho } from '../api/who.ts';
import { useManagerNow } from '../feed/hooks.ts';
import { languageNow } from '../i18n/setup.ts';
import { useInbox } from '../inbox/use-inbox.ts';
import { when } from '../recovery/time.ts';
import { HeldAnswers } from '../rules/held-card.tsx';
import { taskHref } from '../run/task-href.ts';
import { ApiFailure } from '../ui/api-failure.tsx';
import { businessDate, count, duration, sentence } from '../ui/format.ts';
import { useListKeys } from '../ui/single-keys.ts';

const ICON = { gate: Hand, failed: CircleX, held: Pause, approval: Stamp } as const;
type Kind = InboxItem['kind'];

const idOf = (item: InboxItem): string => item.instance_id ?? `${item.tag_id} ${item.version}`;
const hrefOf = (item: InboxItem): string => (item.instance_id === null ? `/rules/${item.tag_id}` : taskHref(item.instance_id));

export function InboxPage(): ReactElement {
  const { t } = useTranslation();
  const { data, error, isPending } = useInbox();
  const [only, setOnly] = useState<Kind | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [, go] = useLocation();
  const items = data?.items ?? [];
  const shown = INBOX_KINDS.filter((kind) => only === null || kind === only)
    .map((kind) => [kind, items.filter((one) => one.kind === kind)] as const)
    .filter(([, group]) => group.length > 0);
  const order = shown.flatMap(([, group]) => group.map(idOf));
  useListKeys({
    order,
    selected: chosen,
    select: setChosen,
    open: (id) => {
      const item = items.find((one) => idOf(one) === id);
      if (item !== undefined) go(hrefOf(item));
    },
  });
  return (
    <main className="tm-fleet" data-testid="inbox-page" data-items={data === undefined ? '' : items.length}>
      <div className="tm-strip tm-fleet-strip">
        <div className="tm-strip-states">
          <button type="button" className="tm-count" aria-pressed={only === null} onClick={() => setOnly(null)}>
            {t('inbox.all')} <b>{count(items.length)}</b>
          </button>
          {INBOX_KINDS.map((kind) => (
            <button
              key={kind}
              type="button"
              className="tm-count"
              aria-pressed={only === kind}
              onClick={() => setOnly(only === kind ? null : kind)}
            >
              {t(`inbox.kind.${kind}`)} <b>{count(items.filter((one) => one.kind === kind).length)}</b>
            </button>
          ))}
        </div>
      </div>
      {isPending && <p className="tm-quiet tm-rule-pad">{t('inbox.loading')}</p>}
      <ApiFailure error={error} />
      {data !== undefined && order.length === 0 && (
        <div className="tm-nothing" role="status">
          <h2>{t('inbox.emptyTitle')}</h2>
          <p>{t('inbox.emptyHelp', { when: when(Date.parse(data.checked_at), languageNow()) })}</p>
        </div>
      )}
      {shown.map(([kind, group]) => (
        <section key={kind} aria-label={t(`inbox.kind.${kind}`)} className="tm-inbox-group">
          <h2>
            {t(`inbox.kind.${kind}`)} <span className="tm-quiet">{count(group.length)}</span>
          </h2>
          <ul>
            {group.map((item) => (
              <Item key={idOf(item)} item={item} chosen={idOf(item) === chosen} />
            ))}
          </ul>
        </section>
      ))}
    </main>
  );
}

function Item({ item, chosen }: { readonly item: InboxItem; readonly chosen: boolean }): ReactElement {
  const { t } = useTranslation();
  const nowMs = useManagerNow();
  const { kind, name, business_date, version, who, since, run_id, instance_id } = item;
  const Icon = ICON[kind];
  return (
    <li className="tm-inbox-item" data-chosen={chosen} data-kind={kind} data-testid={`inbox-${kind}-${item.tag_id ?? name}`}>
      <Icon size={17} aria-hidden="true" />
      <div className="tm-inbox-what">
        <p>
          <Link href={hrefOf(item)}>
            <b>{name}</b>
          </Link>{' '}
          <span className="tm-quiet">
            {version === null ? business_date !== null && businessDate(business_date, languageNow()) : t('rules.version', { version })}
            {who !== null && ` · ${shownWho(who)}`}
          </span>
        </p>
        <p className="tm-text">{kind === 'approval' ? item.sentence : sentence(item.sentence)}</p>
        {kind === 'held' && run_id !== null && instance_id !== null && <HeldAnswers run_id={run_id} instance_id={instance_id} />}
      </div>
      <span className="tm-nowrap tm-quiet" title={since === null ? undefined : when(Date.parse(since), languageNow())}>
        {since !== null && duration(Math.max(0, nowMs - Date.parse(since)))}
      </span>
      {kind === 'failed' && item.tag_id !== null && (
        <Link href={`/rules/${item.tag_id}`} className="tm-button">
          {t('catalogue.openRule')}
        </Link>
      )}
      {kind !== 'held' && (
        <Link href={hrefOf(item)} className="tm-button">
          {t(`inbox.open.${kind}`)}
        </Link>
      )}
    </li>
  );
}
