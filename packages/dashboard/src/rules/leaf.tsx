/** One condition: field, operator and value, with what the catalogue knows of them. */
import type { CatalogAnswer } from '@tagmill/shared/api/rules';
import type { Json, JsonObject } from '@tagmill/shared/rules/json';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { languageNow } from '../i18n/setup.ts';
import { shownText, typedValue, withField, withOperator, withValue } from './document.ts';
import { type CatalogField, kindOf, valuesId } from './field-lists.tsx';
import { Count, Faults, type NodeProps, Remove } from './tree-parts.tsx';

const SHOWN_KEYS = new Set(['field', 'operator', 'value', 'type', 'missing']);
const MISSING = ['unknown', 'match', 'no_match'] as const;

export function Leaf({ leaf, ...props }: NodeProps & { readonly leaf: JsonObject }): ReactElement {
  const { path, catalog } = props;
  const name = shownText(leaf.get('field'));
  const field = catalog?.fields.find((one) => one.name === name || `${one.table}.${one.name}` === name);
  const rest = [...leaf.keys()].filter((key) => !SHOWN_KEYS.has(key));
  return (
    <div className="tm-rule-leaf" data-path={path} data-testid={`leaf-${path}`}>
      <div className="tm-rule-line">
        {(leaf.has('field') || !leaf.has('operator')) && <FieldInput {...props} leaf={leaf} field={field} />}
        <OperatorChoice {...props} leaf={leaf} field={field} />
        {leaf.has('value') && <ValueInput {...props} leaf={leaf} field={field} />}
        {(field?.nullable === true || leaf.has('missing')) && <MissingChoice {...props} leaf={leaf} />}
        {rest.map((key) => (
          <span key={key} className="tm-pill">
            {key} {shownText(leaf.get(key))}
          </span>
        ))}
        <span className="tm-grow" />
        <Count {...props} />
        <Remove {...props} />
      </div>
      <Faults {...props} />
    </div>
  );
}

type PartProps = NodeProps & { readonly leaf: JsonObject; readonly field?: CatalogField | undefined };

const isBad = ({ errors, path }: PartProps, key: string): boolean => errors.some((error) => error.path === `${path}/${key}`);
const setLeaf = ({ root, path, change }: PartProps, leaf: Json): void => change(withValue(root, path, leaf));

function FieldInput(props: PartProps): ReactElement {
  const { t } = useTranslation();
  const { leaf, field } = props;
  const words = [field?.title?.[languageNow()], field?.description?.[languageNow()]].filter((one) => one != null).join(': ');
  return (
    <input
      list="rule-fields"
      aria-label={t('rules.field')}
      title={words === '' ? undefined : words}
      data-error={isBad(props, 'field')}
      value={shownText(leaf.get('field'))}
      onChange={(event) => setLeaf(props, withField(leaf, event.target.value))}
    />
  );
}

function OperatorChoice(props: PartProps): ReactElement {
  const { t } = useTranslation();
  const { leaf, field, catalog } = props;
  const operator = shownText(leaf.get('operator'));
  const all = catalog?.operators ?? [];
  const kind = field === undefined ? null : kindOf(field);
  const fitting = all.filter((one) => kind === null || one.types.includes(kind));
  const others = all.filter((one) => !fitting.includes(one));
  const choose = (name: string): void => setLeaf(props, withOperator(leaf, name, all.find((one) => one.name === name)?.operand !== 'none'));
  return (
    <select
      aria-label={t('rules.operator')}
      data-error={isBad(props, 'operator')}
      value={operator}
      onChange={(event) => choose(event.target.value)}
    >
      {!all.some((one) => one.name === operator) && <option value={operator}>{operator}</option>}
      <Operators list={fitting} />
      {others.length > 0 && (
        <optgroup label={t('rules.otherOperators')}>
          <Operators list={others} />
        </optgroup>
      )}
    </select>
  );
}

function Operators({ list }: { readonly list: CatalogAnswer['operators'] }): ReactElement {
  const language = languageNow();
  return (
    <>
      {list.map((one) => (
        <option key={one.name} value={one.name} title={one.meaning}>
          {/^[a-z]/.test(one.name) && one[language] === one.name.replaceAll('_', ' ') ? one.name : `${one.name} · ${one[language]}`}
        </option>
      ))}
    </>
  );
}

function ValueInput(props: PartProps): ReactElement {
  const { t } = useTranslation();
  const { leaf, field, tags } = props;
  const set = (value: Json): void => setLeaf(props, new Map([...leaf, ['value', value]]));
  const written = shownText(leaf.get('value'));
  if (/_?has_tag$/.test(shownText(leaf.get('operator'))))
    return (
      <select
        aria-label={t('rules.value')}
        data-error={isBad(props, 'value')}
        value={written}
        onChange={(event) => set(typedValue(event.target.value))}
      >
        {!tags.some((one) => String(one.tag_id) === written) && <option value={written}>{written}</option>}
        {tags.map((one) => (
          <option key={one.tag_id} value={one.tag_id}>
            {one.tag_name} {one.tag_id}
          </option>
        ))}
      </select>
    );
  // The first and the last of texts say nothing of what is between.
  const range =
    field?.min == null || field.max === null || kindOf(field) === 'string'
      ? undefined
      : t('rules.range', { min: field.min, max: field.max });
  return (
    <input
      list={field === undefined ? undefined : valuesId(field)}
      aria-label={t('rules.value')}
      title={range}
      placeholder={range}
      data-error={isBad(props, 'value')}
      value={written}
      onChange={(event) => set(typedValue(event.target.value))}
    />
  );
}

/** What a missing value means: said where the field may miss one. */
function MissingChoice(props: PartProps): ReactElement {
  const { t } = useTranslation();
  const { leaf } = props;
  const now = shownText(leaf.get('missing'));
  const choose = (value: string): void => {
    const copy = new Map(leaf);
    if (value === 'unknown') copy.delete('missing');
    else copy.set('missing', value);
    setLeaf(props, copy);
  };
  return (
    <select
      className="tm-rule-missing"
      aria-label={t('rules.whenMissing')}
      title={t('rules.whenMissing')}
      data-error={isBad(props, 'missing')}
      data-set={leaf.has('missing')}
      value={now === '' ? 'unknown' : now}
      onChange={(event) => choose(event.target.value)}
    >
      {MISSING.map((one) => (
        <option key={one} value={one}>
          {t(`rules.missingIs.${one}`)}
        </option>
      ))}
    </select>
  );
}
