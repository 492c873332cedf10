/** The rule as blocks: each condition with its count, and what is wrong with it under it, with a button that mends it. */
import { isList, isObject, type JsonObject } from '@tagmill/shared/rules/json';
import { Plus } from 'lucide-react';
import { type ReactElement, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { newGroup, newLeaf, newTagLeaf, shownText, typedValue, withChild, withValue, wrapped } from './document.ts';
import { FieldLists } from './field-lists.tsx';
import { Leaf } from './leaf.tsx';
import { Count, Faults, type NodeProps, Remove, type TreeProps } from './tree-parts.tsx';
import { useMoveKeys } from './use-move-keys.ts';

const LOGICS = ['AND', 'OR', 'NOT', 'NONE', 'NOT_ALL', 'AT_LEAST'] as const;

export function Tree(props: TreeProps): ReactElement {
  const { t } = useTranslation();
  const { root, catalog, change } = props;
  const tree = useRef<HTMLDivElement>(null);
  useMoveKeys(tree, props);
  const single = isObject(root) && !root.has('logic') && !root.has('conditions');
  return (
    <div className="tm-rule-tree" data-testid="rule-tree" ref={tree}>
      <FieldLists catalog={catalog} />
      <Node {...props} node={root} path="" />
      {single && (
        <button type="button" className="tm-link" onClick={() => change(wrapped(root, ''))} data-testid="wrap-rule">
          <Plus size={12} aria-hidden="true" /> {t('rules.addGroup')}
        </button>
      )}
    </div>
  );
}

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
        {props.tags.length > 0 && (
          <button type="button" className="tm-link" onClick={() => change(withChild(root, path, newTagLeaf(props.tags[0]!.tag_id)))}>
            <Plus size={12} aria-hidden="true" /> {t('rules.addTag')}
          </button>
        )}
        <button type="button" className="tm-link" onClick={() => change(withChild(root, path, newGroup()))}>
          <Plus size={12} aria-hidden="true" /> {t('rules.addGroup')}
        </button>
      </footer>
    </section>
  );
}
