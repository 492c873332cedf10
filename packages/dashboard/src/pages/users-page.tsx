/** One user: the tags that are stored, why each, what would change it, and tags by hand. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { UserTagsAnswer } from '@tagmill/shared/api/tag-overview';
import { Search } from 'lucide-react';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useSearchParams } from 'wouter';
import { explainUser, listTags } from '../api/rules.ts';
import { readUserTags, setOverride } from '../api/tags.ts';
import { shownWho } from '../api/who.ts';
import { Explained } from '../rules/explain-panel.tsx';
import { ApiFailure } from '../ui/api-failure.tsx';
import { Key } from '../ui/key.tsx';
import { ReasonForm } from '../ui/reason-form.tsx';
import { useListKeys } from '../ui/single-keys.ts';

export function UsersPage({ user }: { readonly user: string }): ReactElement {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(user);
  const [, go] = useLocation();
  return (
    <main className="tm-fleet tm-user-page" data-testid="user-page">
      <form
        className="tm-strip tm-fleet-strip tm-find-strip"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() !== '') go(`/users/${encodeURIComponent(typed.trim())}`);
        }}
      >
        <input
          id="find-user"
          className="tm-rule-filter"
          aria-label={t('rules.user')}
          placeholder={t('rules.user')}
          value={typed}
          maxLength={100}
          onChange={(event) => setTyped(event.target.value)}
          data-testid="find-user"
        />
        <Key>/</Key>
        <button type="submit" className="tm-button" data-testid="find-user-go">
          <Search size={14} aria-hidden="true" /> {t('users.show')}
        </button>
      </form>
      {user === '' ? (
        <div className="tm-nothing" role="status">
          <h2>{t('users.which')}</h2>
          <p>{t('users.whichHelp')}</p>
        </div>
      ) : (
        <User key={user} user={user} />
      )}
    </main>
  );
}

function User({ user }: { readonly user: string }): ReactElement {
  const { t } = useTranslation();
  const { data, error } = useQuery({ queryKey: ['user-tags', user], queryFn: () => readUserTags(user), retry: false });
  const { data: known } = useQuery({ queryKey: ['tags'], queryFn: listTags, retry: false });
  const [params, setParams] = useSearchParams();
  const choose = (tag: number): void =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        next.set('tag', String(tag));
        return next;
      },
      { replace: true },
    );
  const order = (data?.tags ?? []).map((one) => one.tag_id);
  const asked = Number(params.get('tag') ?? 0);
  const tag = asked > 0 ? asked : (order[0] ?? known?.find((one) => one.is_active)?.tag_id ?? null);
  useListKeys({ order, selected: tag, select: choose, open: choose, find: 'find-user' });
  if (data === undefined)
    return error === null ? <p className="tm-quiet tm-rule-pad">{t('users.loading')}</p> : <ApiFailure error={error} />;
  return (
    <div className="tm-user">
      <section className="tm-card-box" data-testid="user-tags" aria-label={t('users.tags')}>
        <h2>
          {t('users.tagCount', { count: data.tags.length })} <code>{user}</code>
        </h2>
        {!data.found && <p className="tm-text tm-rule-pad">{t('users.noRow')}</p>}
        {!data.readable && <p className="tm-note tm-note-bad">{t('users.unreadable')}</p>}
        <TagList tags={data.tags} chosen={tag} choose={choose} />
        {data.excluded.length > 0 && <h3>{t('users.excluded')}</h3>}
        <TagList tags={data.excluded} chosen={tag} choose={choose} />
        <label className="tm-field tm-user-any">
          {t('users.any')}
          <select value={tag ?? ''} onChange={(event) => choose(Number(event.target.value))} data-testid="user-any">
            {(known ?? []).map((one) => (
              <option key={one.tag_id} value={one.tag_id}>
                {one.tag_name}
              </option>
            ))}
          </select>
        </label>
      </section>
      {tag !== null && <Why key={tag} user={user} tag={tag} />}
    </div>
  );
}

interface ListProps {
  readonly tags: UserTagsAnswer['tags'];
  readonly chosen: number | null;
  readonly choose: (tag: number) => void;
}

function TagList({ tags, chosen, choose }: ListProps): ReactElement {
  const { t } = useTranslation();
  return (
    <ul className="tm-user-tags">
      {tags.map((one) => (
        <li key={one.tag_id} data-chosen={one.tag_id === chosen}>
          <button
            type="button"
            onClick={() => choose(one.tag_id)}
            data-testid={`user-tag-${one.tag_id}`}
            aria-pressed={one.tag_id === chosen}
          >
            <b>{one.tag_name ?? t('users.noTag')}</b> <span className="tm-quiet">{one.tag_id}</span>
            {one.source === 'MANUAL' && <span className="tm-pill">{t('byHand.title')}</span>}
            <span className="tm-grow" />
            {one.since !== null && <span className="tm-quiet">{t('users.since', { date: one.since.slice(0, 10) })}</span>}
            {(one.reason ?? one.who) !== null && (
              <small>
                {one.who !== null && `${shownWho(one.who)}: `}
                {one.reason}
              </small>
            )}
          </button>
        </li>
      ))}
    </ul>
  );
}

function Why({ user, tag }: { readonly user: string; readonly tag: number }): ReactElement {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data, error, isFetching } = useQuery({ queryKey: ['explain', tag, user], queryFn: () => explainUser(user, tag), retry: false });
  const [kind, setKind] = useState<'include' | 'exclude' | 'clear' | null>(null);
  const write = async (reason: string): Promise<void> => {
    if (kind === null) return;
    await setOverride(user, tag, { kind, reason });
    await Promise.all(['overrides', 'explain', 'user-tags'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
  };
  return (
    <section className="tm-card-box tm-user-why" data-testid="user-why" aria-busy={isFetching}>
      <h2>
        {data?.stored.has_tag === true ? t('users.why', { tag: data.tag_name }) : t('users.whyNot', { tag: data?.tag_name ?? String(tag) })}
      </h2>
      <ApiFailure error={error} />
      {data !== undefined && <Explained answer={data} />}
      {kind === null ? (
        <div className="tm-preview-buttons">
          {(['include', 'exclude', 'clear'] as const).map((one) => (
            <button key={one} type="button" className="tm-button" onClick={() => setKind(one)} data-testid={`user-${one}`}>
              {one === 'clear' ? t('byHand.clear') : t(`byHand.do.${one}`)}…
            </button>
          ))}
        </div>
      ) : (
        <ReasonForm
          label={kind === 'clear' ? t('byHand.clear') : t(`byHand.do.${kind}`)}
          send={write}
          cancel={() => setKind(null)}
          testId="user-override"
        >
          <p className="tm-quiet">{kind === 'clear' ? t('byHand.clearHelp') : t('byHand.help')}</p>
        </ReasonForm>
      )}
    </section>
  );
}
