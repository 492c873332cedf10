/** The rule of a tag: read, then edited. */
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { readRule } from '../api/rules.ts';
import { Editor } from '../rules/editor.tsx';
import { ApiFailure } from '../ui/api-failure.tsx';

export function RulePage({ tag }: { readonly tag: number }): ReactElement {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ['rule', tag],
    queryFn: () => readRule(tag),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (data !== undefined) return <Editor key={tag} answer={data} />;
  return (
    <main className="tm-rule" data-testid="rule-page" aria-busy={error === null}>
      {error === null ? <p className="tm-quiet tm-rule-pad">{t('rules.loading')}</p> : <ApiFailure error={error} />}
    </main>
  );
}
