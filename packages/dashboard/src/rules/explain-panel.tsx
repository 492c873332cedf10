/** One user and the live rule: every condition with its value, what would turn it, what is stored. */
import { useQuery } from '@tanstack/react-query';
import type { ExplainAnswer, ExplainNode } from '@tagmill/shared/api/rules';
import { CircleCheck, CircleX, ScanSearch, X } from 'lucide-react';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Example, explainUser } from '../api/rules.ts';
import { ApiFailure } from '../ui/api-failure.tsx';
import { IconButton } from '../ui/icon-button.tsx';

interface Props {
  readonly tag: number;
  readonly user: string;
  readonly ask: (user: string) => void;
  readonly keep: (example: Example) => void;
  readonly close: () => void;
}

export function ExplainPanel({ tag, user, ask, keep, close }: Props): ReactElement {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(user);
  const { data, error, isFetching } = useQuery({
    queryKey: ['explain', tag, user],
    queryFn: () => explainUser(user, tag),
    enabled: user !== '',
    retry: false,
  });
  return (
    <section className="tm-rule-explain" data-testid="explain" data-user={data?.user_id ?? ''} aria-busy={isFetching}>
      <header className="tm-panel-title">
        <h2>{t('rules.explainTitle')}</h2>
        <span className="tm-grow" />
        <IconButton label={t('panel.close')} onClick={close}>
          <X size={15} />
        </IconButton>
      </header>
      <form
        className="tm-rule-ask"
        onSubmit={(event) => {
          event.preventDefault();
          ask(typed.trim());
        }}
      >
        <input
          aria-label={t('rules.user')}
          value={typed}
          placeholder={t('rules.user')}
          onChange={(event) => setTyped(event.target.value)}
          data-testid="explain-user"
        />
        <button type="submit" className="tm-button" data-testid="explain-ask">
          <ScanSearch size={14} aria-hidden="true" /> {t('rules.explain')}
        </button>
      </form>
      <ApiFailure error={error} />
      {data !== undefined && <Explained answer={data} keep={keep} />}
    </section>
  );
}

/** `keep`: the user as an example of the rule; undefined where there is no rule to keep it with. */
export function Explained({ answer, keep }: { readonly answer: ExplainAnswer; readonly keep?: (example: Example) => void }): ReactElement {
  const { t } = useTranslation();
  const agrees = answer.stored.agreement !== 'disagrees';
  return (
    <>
      <p className="tm-text" data-testid="explain-result" data-truth={answer.result}>
        {answer.evaluated ? t(`rules.result.${answer.result}`) : t('rules.notAsked')}
        {answer.rule_version !== null && <span className="tm-pill">{t('rules.version', { version: answer.rule_version })}</span>}
      </p>
      <div className="tm-rule-truths">
        <Truths node={answer.tree} depth={0} />
      </div>
      <p className="tm-rule-flip" data-testid="explain-flip">
        <b>{t('rules.smallest')}</b> {answer.flip === null ? answer.flip_sentence : answer.flip.sentence}
      </p>
      <p className="tm-rule-agrees" data-bad={!agrees} data-testid="explain-stored">
        {agrees ? <CircleCheck size={14} aria-hidden="true" /> : <CircleX size={14} aria-hidden="true" />} {answer.stored.sentence}
      </p>
      <ul className="tm-rule-sources">
        {answer.sources.map(({ table, object, row_group }) => (
          <li key={table}>
            <code>{table}</code>{' '}
            <span className="tm-quiet">{object === null ? t('rules.noRow') : t('rules.source', { object, group: row_group ?? 0 })}</span>
          </li>
        ))}
      </ul>
      {keep !== undefined && (
        <button type="button" className="tm-button" data-testid="keep-example" onClick={() => keep(exampleOf(answer))}>
          {t('rules.keepExample')}
        </button>
      )}
    </>
  );
}

function Truths({ node, depth }: { readonly node: ExplainNode; readonly depth: number }): ReactElement {
  const { t } = useTranslation();
  return (
    <>
      <div className="tm-rule-truth" data-decides={node.decides} style={{ paddingInlineStart: depth * 18 }}>
        <span className="tm-truth" data-truth={node.truth} title={t(`rules.truth.${node.truth}`)}>
          {node.truth}
        </span>
        {node.logic === null ? <code>{node.words}</code> : <b>{t(`rules.logics.${node.logic}`)}</b>}
        <span className="tm-grow" />
        {node.values.map((one) => (
          <span key={`${one.table}.${one.field}`} data-warn={one.value === null}>
            {one.value === null
              ? (one.stored ?? t(`rules.missing.${one.missing_because ?? 'null'}`))
              : Array.isArray(one.value)
                ? JSON.stringify(one.value)
                : String(one.value)}
          </span>
        ))}
      </div>
      {node.children.map((child) => (
        <Truths key={child.path} node={child} depth={depth + 1} />
      ))}
    </>
  );
}

/** The user's values with what the rule gives now. */
function exampleOf(answer: ExplainAnswer): Example {
  const row: Record<string, Example['row'][string]> = {};
  const visit = (node: ExplainNode): void => {
    for (const { table, field, value } of node.values) if (value !== null) row[`${table}.${field}`] = value as Example['row'][string];
    for (const child of node.children) visit(child);
  };
  visit(answer.tree);
  return { name: answer.user_id.slice(0, 200), row, expect: answer.tree.truth, as_of: answer.basis.as_of_instant.slice(0, 10) };
}
