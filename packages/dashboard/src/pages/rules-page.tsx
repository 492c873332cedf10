/** Every tag, by domain, with the way to its rule. */
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { ApiError } from '../api/http.ts';
import { listTags, type TagLine } from '../api/rules.ts';

export function RulesPage(): ReactElement {
  const { t } = useTranslation();
  const { data, error, isPending } = useQuery({ queryKey: ['tags'], queryFn: listTags, retry: false });
  const [filter, setFilter] = useState('');
  const wanted = (data ?? []).filter((one) =>
    `${one.tag_id} ${one.tag_name} ${one.description}`.toLowerCase().includes(filter.toLowerCase()),
  );
  const domains = [...Map.groupBy(wanted, (one) => one.domain)].sort(([a], [b]) => a.localeCompare(b));
  return (
    <main className="tm-fleet" data-testid="rules-page">
      <div className="tm-strip tm-fleet-strip">
        <input
          className="tm-rule-filter"
          aria-label={t('rules.filter')}
          placeholder={t('rules.filter')}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </div>
      {isPending && <p className="tm-quiet tm-rule-pad">{t('rules.loading')}</p>}
      {error !== null && (
        <p className="tm-note tm-note-bad tm-rule-pad" role="alert">
          {error.message} <code>{error instanceof ApiError ? error.code : 'INTERNAL'}</code>
        </p>
      )}
      {data?.length === 0 && (
        <div className="tm-nothing" role="status">
          <h2>{t('rules.emptyTitle')}</h2>
          <p>{t('rules.emptyHelp')}</p>
        </div>
      )}
      {domains.length > 0 && (
        <div className="tm-table-scroll">
          <table className="tm-table">
            <tbody>
              {domains.map(([domain, tags]) => (
                <Group key={domain} domain={domain} tags={tags} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </main>
  );
}

function Group({ domain, tags }: { readonly domain: string; readonly tags: readonly TagLine[] }): ReactElement {
  const { t } = useTranslation();
  return (
    <>
      <tr className="tm-rule-domain">
        <th colSpan={3} scope="colgroup">
          {t(`domain.${domain}`, { defaultValue: domain })} {tags.length}
        </th>
      </tr>
      {tags.map((one) => (
        <tr key={one.tag_id}>
          <td>
            <Link href={`/rules/${one.tag_id}`} data-testid={`tag-${one.tag_id}`}>
              <b>{one.tag_name}</b>
            </Link>{' '}
            <span className="tm-quiet">{one.tag_id}</span>
          </td>
          <td className="tm-text">{one.description}</td>
          <td className="tm-right">{one.is_active ? '' : <span className="tm-pill">{t('rules.inactive')}</span>}</td>
        </tr>
      ))}
    </>
  );
}
