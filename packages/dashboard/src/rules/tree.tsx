/** The rule as blocks: each condition with its count, and what is wrong with it under it, with a button that mends it. */
import type { CatalogAnswer, RuleFault } from '@tagmill/shared/api/rules';
import { isList, isObject, type Json, type JsonObject } from '@tagmill/shared/rules/json';
import { CircleX, Plus, TriangleAlert, Wand, X } from 'lucide-react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { count } from '../ui/format.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { newGroup, newLeaf, shownText, typedValue, withChild, withValue } from './document.ts';

const LOGICS = ['AND', 'OR', 'NOT', 'NONE', 'NOT_ALL', 'AT_LEAST'] as const;

export interface TreeProps {
  readonly root: Json;
  readonly errors: readonly RuleFault[];
  readonly warnings: readonly { readonly code: string; readonly path: string; readonly message: string }[];
  /** Users for whom a node alone is TRUE. */
  readonly counts: ReadonlyMap<string, number>;
  readonly catalog: CatalogAnswer | undefined;
  readonly change: (root: Json) => void;
}

export function Tree(props: TreeProps): ReactElement {
  return (
    <div className="tm-rule-tree" data-testid="rule-tree">
      <datalist id="rule-fields">
        {props.catalog?.fields
          .filter((one) => one.unusable === null)
          .map((one) => (
            <option key={`${one.table}.${one.name}`} value={one.name} label={`${one.table}, ${one.type}`} />
          ))}
      </datalist>
      <Node {...props} node={props.root} path="" />
    </div>
  );
}

type NodeProps = TreeProps & { readonly node: Json; readonly path: string };

function Node(props: NodeProps): ReactElement {
  const { node } = props;
  if (!isObject(node)) return <Faults {...props} />;
  return node.has('logic') || node.has('conditions') ? <Group {...props} group={node} /> : <Leaf {...props} leaf={node} />;
}

function Group({ group, ...props }: NodeProps & { readonly group: JsonObject }): ReactElement {
  const { t } = useTranslation();
  const { root, path, change } = props;
  const logic = shownText(group.get('logic'));
  const conditions = group.get('conditions');
  const children = isList(conditions) ? conditions.map((child, index) => ({ child, at: `${path}/conditions/${index}` })) : [];
  return (
    <section className="tm-rule-group" data-path={path}>
      <header>
        <select
          aria-label={t('rules.logic')}
          value={logic}
          onChange={(event) => change(withValue(root, `${path}/logic`, event.target.value))}
        >
          {LOGICS.map((one) => (
            <option key={one} value={one}>
              {t(`rules.logics.${one}`)}
            </option>
          ))}
          {!LOGICS.some((one) => one === logic) && <option value={logic}>{logic}</option>}
        </select>
        {logic === 'AT_LEAST' && (
          <input
            className="tm-rule-k"
            aria-label={t('rules.atLeast')}
            value={shownText(group.get('k'))}
            onChange={(event) => change(withValue(root, `${path}/k`, typedValue(event.target.value)))}
          />
        )}
        <code>{logic}</code>
        <span className="tm-grow" />
        <Count {...props} />
        {path !== '' && <Remove {...props} />}
      </header>
      {children.map(({ child, at }) => (
        <Node key={at} {...props} node={child} path={at} />
      ))}
      <Faults {...props} />
      <footer>
        <button type="button" className="tm-link" onClick={() => change(withChild(root, path, newLeaf()))}>
          <Plus size={12} aria-hidden="true" /> {t('rules.addField')}
        </button>
        <button type="button" className="tm-link" onClick={() => change(withChild(root, path, newGroup()))}>
          <Plus size={12} aria-hidden="true" /> {t('rules.addGroup')}
        </button>
      </footer>
    </section>
  );
}

function Leaf({ leaf, ...props }: NodeProps & { readonly leaf: JsonObject }): ReactElement {
  const { t } = useTranslation();
  const { root, path, change, catalog, errors } = props;
  const bad = (key: string): boolean => errors.some((error) => error.path === `${path}/${key}`);
  const set = (key: string, value: Json): void => change(withValue(root, `${path}/${key}`, value));
  const operator = shownText(leaf.get('operator'));
  const operators = catalog?.operators ?? [];
  const rest = [...leaf.keys()].filter((key) => !['field', 'operator', 'value', 'type'].includes(key));
  return (
    <div className="tm-rule-leaf" data-path={path} data-testid={`leaf-${path}`}>
      <div className="tm-rule-line">
        <input
          list="rule-fields"
          aria-label={t('rules.field')}
          data-error={bad('field')}
          value={shownText(leaf.get('field'))}
          onChange={(event) => set('field', event.target.value)}
        />
        <select
          aria-label={t('rules.operator')}
          data-error={bad('operator')}
          value={operator}
          onChange={(event) => set('operator', event.target.value)}
        >
          {!operators.some((one) => one.name === operator) && <option value={operator}>{operator}</option>}
          {operators.map((one) => (
            <option key={one.name} value={one.name} title={one.meaning}>
              {one.name}
            </option>
          ))}
        </select>
        {leaf.has('value') && (
          <input
            aria-label={t('rules.value')}
            data-error={bad('value')}
            value={shownText(leaf.get('value'))}
            onChange={(event) => set('value', typedValue(event.target.value))}
          />
        )}
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

function Count({ counts, path }: NodeProps): ReactElement {
  const value = counts.get(path);
  return <b className="tm-rule-count">{value === undefined ? '–' : count(value)}</b>;
}

function Remove({ root, path, change }: NodeProps): ReactElement {
  const { t } = useTranslation();
  return (
    <IconButton label={t('rules.remove')} onClick={() => change(withValue(root, path, undefined))}>
      <X size={13} />
    </IconButton>
  );
}

/** Faults of this node itself: those of the nodes in it stand there. */
function Faults({ root, path, errors, warnings, change }: NodeProps): ReactElement {
  const { t } = useTranslation();
  const own = (at: string): boolean => at === path || (at.startsWith(`${path}/`) && !at.slice(path.length).startsWith('/conditions/'));
  return (
    <>
      {errors
        .filter((error) => own(error.path))
        .map((error) => (
          <p key={`${error.code} ${error.path} ${error.message}`} className="tm-rule-fault" data-testid="rule-error">
            <CircleX size={14} aria-hidden="true" />
            <span>
              {error.message} {error.hint}
            </span>
            {error.suggestion !== undefined && (
              <button
                type="button"
                className="tm-button"
                data-testid="use-suggestion"
                onClick={() => change(withValue(root, error.path, error.suggestion))}
              >
                <Wand size={13} aria-hidden="true" /> {t('rules.use', { word: error.suggestion })}
              </button>
            )}
          </p>
        ))}
      {warnings
        .filter((warning) => own(warning.path))
        .map((warning) => (
          <p key={`${warning.code} ${warning.path} ${warning.message}`} className="tm-rule-warning">
            <TriangleAlert size={14} aria-hidden="true" />
            <span>{warning.message}</span>
          </p>
        ))}
    </>
  );
}
