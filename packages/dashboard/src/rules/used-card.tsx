/** Where the rule's fields are read as well, and which tags read this one. */
import { useQuery } from '@tanstack/react-query';
import type { CatalogAnswer, CheckAnswer, PreviewAnswer } from '@tagmill/shared/api/rules';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { listTags } from '../api/rules.ts';

const SHOWN = 6;

interface Props {
  readonly tag: number;
  readonly reads: CheckAnswer['reads'];
  readonly catalog: CatalogAnswer | undefined;
  readonly downstream: PreviewAnswer['downstream'];
}

export function UsedCard({ tag, reads, catalog, downstream }: Props): ReactElement {
  const { t } = useTranslation();
  const { data } = useQuery({ queryKey: ['tags'], queryFn: listTags, retry: false });
  const nameOf = (id: number): string => data?.find((one) => one.tag_id === id)?.tag_name ?? String(id);
  const fields = reads.flatMap(({ table, fields: names }) =>
    names.map((name) => {
      const known = catalog?.fields.find((one) => one.table === table && (one.name === name || one.name === `${table}.${name}`));
      return { key: `${table}.${name}`, name: known?.name ?? name, others: (known?.used_by ?? []).filter((id) => id !== tag) };
    }),
  );
  return (
    <section className="tm-section" data-testid="rule-used">
      <h3>{t('rules.used')}</h3>
      <dl className="tm-facts tm-rule-used">
        <div className="tm-facts-row">
          <dt>{t('rules.usedBy')}</dt>
          <dd>
            {downstream.length === 0
              ? t('rules.usedByNone')
              : downstream.map(({ tag_id, tag_name }) => (
                  <Link key={tag_id} href={`/rules/${tag_id}`}>
                    {tag_name}
                  </Link>
                ))}
          </dd>
        </div>
        {fields.map(({ key, name, others }) => (
          <div key={key} className="tm-facts-row" data-testid={`used-${key}`}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>
              {others.length === 0 && t('rules.usedNowhere')}
              {others.slice(0, SHOWN).map((id) => (
                <Link key={id} href={`/rules/${id}`}>
                  {nameOf(id)}
                </Link>
              ))}
              {others.length > SHOWN && <span className="tm-quiet">{t('panel.moreLinks', { count: others.length - SHOWN })}</span>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
