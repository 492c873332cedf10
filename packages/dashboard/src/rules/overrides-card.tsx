/** Users who have the tag, or have it not, by hand: whatever rules say. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { UserMinus, UserPlus } from 'lucide-react';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { readOverrides, setOverride } from '../api/tags.ts';
import { shownWho } from '../api/who.ts';
import { languageNow } from '../i18n/setup.ts';
import { ApiFailure } from '../ui/api-failure.tsx';
import { businessDate } from '../ui/format.ts';
import { ReasonForm } from '../ui/reason-form.tsx';

const SHOWN = 20;
const KINDS = ['include', 'exclude'] as const;
type Kind = (typeof KINDS)[number];

export function OverridesCard({ tag }: { readonly tag: number }): ReactElement {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data, error } = useQuery({ queryKey: ['overrides', tag], queryFn: () => readOverrides(tag), retry: false });
  const [adding, setAdding] = useState(false);
  const [clearing, setClearing] = useState<string | null>(null);
  const [all, setAll] = useState(false);
  const write = async (user: string, kind: Kind | 'clear', reason: string): Promise<void> => {
    await setOverride(user, tag, { kind, reason });
    await Promise.all(['overrides', 'explain', 'user-tags'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
  };
  const rows = data ?? [];
  return (
    <section className="tm-section" data-testid="rule-overrides">
      <h3>
        {t('byHand.title')}
        <span className="tm-grow" />
        {!adding && (
          <button type="button" className="tm-link" onClick={() => setAdding(true)} data-testid="override-add">
            {t('byHand.add')}
          </button>
        )}
      </h3>
      <ApiFailure error={error} />
      {adding && <AddForm write={write} close={() => setAdding(false)} />}
      {data?.length === 0 && !adding && <p className="tm-quiet">{t('byHand.none')}</p>}
      <ul className="tm-rule-overrides">
        {rows.slice(0, all ? rows.length : SHOWN).map(({ user_id, kind, who, reason, at }) => (
          <li key={user_id} data-testid={`override-${user_id}`} data-kind={kind}>
            {kind === 'exclude' ? <UserMinus size={13} aria-hidden="true" /> : <UserPlus size={13} aria-hidden="true" />}
            <Link href={`/users/${encodeURIComponent(user_id)}`} className="tm-cut">
              <code>{user_id}</code>
            </Link>
            <span className="tm-pill">{t(`byHand.kind.${kind === 'exclude' ? 'exclude' : 'include'}`)}</span>
            <span className="tm-cut tm-grow" title={reason}>
              {reason}
            </span>
            <span className="tm-quiet">
              {shownWho(who)}, {businessDate(at.slice(0, 10), languageNow())}
            </span>
            <button type="button" className="tm-link" onClick={() => setClearing(user_id)} data-testid={`override-clear-${user_id}`}>
              {t('byHand.clear')}
            </button>
            {clearing === user_id && (
              <ReasonForm
                label={t('byHand.clear')}
                send={(why) => write(user_id, 'clear', why)}
                cancel={() => setClearing(null)}
                testId="override-clear"
              >
                <p className="tm-quiet">{t('byHand.clearHelp')}</p>
              </ReasonForm>
            )}
          </li>
        ))}
      </ul>
      {rows.length > SHOWN && !all && (
        <button type="button" className="tm-link" onClick={() => setAll(true)}>
          {t('panel.allAttempts', { count: rows.length })}
        </button>
      )}
    </section>
  );
}

function AddForm({
  write,
  close,
}: {
  readonly write: (user: string, kind: Kind, reason: string) => Promise<void>;
  readonly close: () => void;
}): ReactElement {
  const { t } = useTranslation();
  const [user, setUser] = useState('');
  const [kind, setKind] = useState<Kind>('include');
  return (
    <ReasonForm
      label={t(`byHand.do.${kind}`)}
      off={user.trim() === ''}
      send={(reason) => write(user.trim(), kind, reason)}
      cancel={close}
      testId="override"
    >
      <label className="tm-field">
        {t('rules.user')}
        <input value={user} maxLength={100} onChange={(event) => setUser(event.target.value)} data-testid="override-user" />
      </label>
      <label className="tm-field">
        {t('byHand.what')}
        <select
          value={kind}
          onChange={(event) => setKind(event.target.value === 'exclude' ? 'exclude' : 'include')}
          data-testid="override-kind"
        >
          {KINDS.map((one) => (
            <option key={one} value={one}>
              {t(`byHand.kind.${one}`)}
            </option>
          ))}
        </select>
      </label>
      <p className="tm-quiet">{t('byHand.help')}</p>
    </ReasonForm>
  );
}
