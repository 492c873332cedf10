/** The catalogue of tags, by domain: state, size, coverage, trend, what the newest run changed. */
import type { OverviewTag } from '@tagmill/shared/api/tag-overview';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useSearchParams } from 'wouter';
import { useOverview } from '../rules/last-run-card.tsx';
import { TagPanel } from '../tags/tag-panel.tsx';
import { TagRow } from '../tags/tag-row.tsx';
import { TAG_STATES, type TagState, tagState } from '../tags/tag-states.ts';
import { ApiFailure } from '../ui/api-failure.tsx';
import { count } from '../ui/format.ts';
import { Key } from '../ui/key.tsx';
import { useListKeys } from '../ui/single-keys.ts';

const COLUMNS = ['tag', 'state', 'users', 'coverage', 'trend', 'entered', 'left', 'unknown', 'lastRun', 'rule'] as const;
const NUMBERS = new Set<string>(['users', 'entered', 'left', 'unknown', 'rule']);

export function RulesPage(): ReactElement {
  const { t } = useTranslation();
  const { data, error, isPending } = useOverview();
  const [filter, setFilter] = useState('');
  const [only, setOnly] = useState<TagState | null>(null);
  const [params, setParams] = useSearchParams();
  const [, go] = useLocation();
  const tags = data?.tags ?? [];
  const wanted = tags.filter(
    (one) =>
      (only === null || tagState(one) === only) &&
      `${one.tag_id} ${one.tag_name} ${one.description}`.toLowerCase().includes(filter.toLowerCase()),
  );
  const domains = [...Map.groupBy(wanted, (one) => one.domain)].sort(([a], [b]) => a.localeCompare(b));
  const order = domains.flatMap(([, group]) => group.map((one) => one.tag_id));
  const chosen = tags.find((one) => String(one.tag_id) === params.get('tag'));
  const choose = (tag: number | null): void =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        if (tag === null) next.delete('tag');
        else next.set('tag', String(tag));
        return next;
      },
      { replace: true },
    );
  useListKeys({ order, selected: chosen?.tag_id ?? null, select: choose, open: (tag) => go(`/rules/${tag}`), find: 'find-tag' });
  return (
    <main className="tm-fleet-columns" data-testid="rules-page">
      <div className="tm-fleet">
        <div className="tm-strip tm-fleet-strip tm-find-strip">
          <States tags={tags} only={only} choose={setOnly} />
          <span className="tm-grow" />
          <input
            id="find-tag"
            className="tm-rule-filter"
            aria-label={t('rules.filter')}
            placeholder={t('rules.filter')}
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
          <Key>/</Key>
        </div>
        {isPending && <p className="tm-quiet tm-rule-pad">{t('catalogue.loading')}</p>}
        <ApiFailure error={error} />
        {data?.tags.length === 0 && (
          <div className="tm-nothing" role="status">
            <h2>{t('rules.emptyTitle')}</h2>
            <p>{t('rules.emptyHelp')}</p>
          </div>
        )}
        {domains.length > 0 && (
          <div className="tm-table-scroll">
            <table className="tm-table tm-tags">
              <thead>
                <tr>
                  {COLUMNS.map((column) => (
                    <th key={column} scope="col" className={NUMBERS.has(column) ? 'tm-right' : undefined}>
                      {t(`catalogue.column.${column}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {domains.map(([domain, group]) => (
                  <Group key={domain} domain={domain} tags={group} chosen={chosen?.tag_id} choose={choose} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
      {chosen !== undefined && <TagPanel key={chosen.tag_id} one={chosen} close={() => choose(null)} />}
    </main>
  );
}

interface StatesProps {
  readonly tags: readonly OverviewTag[];
  readonly only: TagState | null;
  readonly choose: (state: TagState | null) => void;
}

function States({ tags, only, choose }: StatesProps): ReactElement {
  const { t } = useTranslation();
  const shown = TAG_STATES.map((state) => [state, tags.filter((one) => tagState(one) === state).length] as const);
  return (
    <div className="tm-strip-states">
      <button type="button" className="tm-count" aria-pressed={only === null} onClick={() => choose(null)}>
        {t('catalogue.all')} <b>{count(tags.length)}</b>
      </button>
      {shown
        .filter(([state, many]) => many > 0 || state === only)
        .map(([state, many]) => (
          <button
            key={state}
            type="button"
            className="tm-count"
            aria-pressed={only === state}
            onClick={() => choose(only === state ? null : state)}
            data-testid={`only-${state}`}
          >
            {t(`catalogue.state.${state}`)} <b>{count(many)}</b>
          </button>
        ))}
    </div>
  );
}

interface GroupProps {
  readonly domain: string;
  readonly tags: readonly OverviewTag[];
  readonly chosen: number | undefined;
  readonly choose: (tag: number) => void;
}

function Group({ domain, tags, chosen, choose }: GroupProps): ReactElement {
  const { t } = useTranslation();
  return (
    <>
      <tr className="tm-rule-domain">
        <th colSpan={COLUMNS.length} scope="colgroup">
          {t(`domain.${domain}`, { defaultValue: domain })} {tags.length}
        </th>
      </tr>
      {tags.map((one) => (
        <TagRow key={one.tag_id} one={one} chosen={one.tag_id === chosen} choose={() => choose(one.tag_id)} />
      ))}
    </>
  );
}
