/** What the catalogue offers while somebody types: fields with what they mean, values of small enumerations. */
import type { CatalogAnswer } from '@tagmill/shared/api/rules';
import type { ReactElement } from 'react';
import { languageNow } from '../i18n/setup.ts';
import { count } from '../ui/format.ts';

export type CatalogField = CatalogAnswer['fields'][number];

/** The word by which operators name a field's type. */
export const kindOf = ({ type }: CatalogField): string => /^[a-z0-9]+/.exec(type)?.[0] ?? type;

export const valuesId = ({ table, name }: CatalogField): string => `values ${table}.${name}`.replaceAll(' ', '-');

export function FieldLists({ catalog }: { readonly catalog: CatalogAnswer | undefined }): ReactElement {
  const fields = (catalog?.fields ?? []).filter((one) => one.unusable === null);
  const language = languageNow();
  return (
    <>
      <datalist id="rule-fields">
        {fields.map((one) => (
          <option
            key={`${one.table}.${one.name}`}
            value={one.name}
            label={[one.title?.[language], one.table, one.type].filter((word) => word != null).join(' · ')}
          />
        ))}
      </datalist>
      {fields
        .filter((one) => one.looked?.values != null)
        .map((one) => (
          <datalist key={valuesId(one)} id={valuesId(one)}>
            {one.looked?.values?.map(({ value, rows }) => (
              <option key={value} value={value} label={`${value} · ${count(rows)}`} />
            ))}
          </datalist>
        ))}
    </>
  );
}
