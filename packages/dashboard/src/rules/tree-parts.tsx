/** What groups and conditions of the tree have in common: the count, removing, what is wrong. */
import type { CatalogAnswer, RuleFault } from '@tagmill/shared/api/rules';
import type { Json } from '@tagmill/shared/rules/json';
import { CircleX, TriangleAlert, Wand, X } from 'lucide-react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import type { TagLine } from '../api/rules.ts';
import { count } from '../ui/format.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { withValue } from './document.ts';

export interface TreeProps {
  readonly root: Json;
  readonly errors: readonly RuleFault[];
  readonly warnings: readonly { readonly code: string; readonly path: string; readonly message: string }[];
  /** Users for whom a node alone is TRUE. */
  readonly counts: ReadonlyMap<string, number>;
  readonly catalog: CatalogAnswer | undefined;
  /** Tags that a condition may ask for. */
  readonly tags: readonly TagLine[];
  readonly change: (root: Json) => void;
}

export type NodeProps = TreeProps & { readonly node: Json; readonly path: string };

export function Count({ counts, path }: NodeProps): ReactElement {
  const value = counts.get(path);
  return <b className="tm-rule-count">{value === undefined ? '–' : count(value)}</b>;
}

export function Remove({ root, path, change }: NodeProps): ReactElement {
  const { t } = useTranslation();
  return (
    <IconButton label={t('rules.remove')} onClick={() => change(withValue(root, path, undefined))}>
      <X size={13} />
    </IconButton>
  );
}

/** Faults of this node itself: those of the nodes in it stand there. */
export function Faults({ root, path, errors, warnings, change }: NodeProps): ReactElement {
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
