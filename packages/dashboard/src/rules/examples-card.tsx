/** Users that must come out as they should; a save that breaks one is refused. */
import type { TestAnswer } from '@tagmill/shared/api/rules';
import { CircleCheck, CircleX, Info, X } from 'lucide-react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import type { Example } from '../api/rules.ts';
import { IconButton } from '../ui/icon-button.tsx';

const SHOWN_UNDECIDED = 3;

export function ExamplesCard({
  examples,
  tested,
  change,
}: {
  readonly examples: readonly Example[];
  readonly tested: TestAnswer | undefined;
  readonly change: (examples: readonly Example[]) => void;
}): ReactElement {
  const { t } = useTranslation();
  const results = tested?.results ?? [];
  const right = results.filter((one) => one.ok).length;
  const all = results.length === examples.length;
  const shown = examples.map((example, index) => ({ example, index, key: `example ${index}` }));
  const rename = (index: number, name: string): void => {
    // The manager takes no example without a name.
    if (name !== '') change(examples.map((one, at) => (at === index ? { ...one, name } : one)));
  };
  return (
    <section className="tm-section" data-testid="rule-examples">
      <h3>
        {t('rules.examples')}
        <span className="tm-grow" />
        {examples.length > 0 && all && (
          <span className="tm-quiet" data-bad={right < results.length}>
            {t('rules.pass', { right, all: results.length })}
          </span>
        )}
      </h3>
      {examples.length === 0 && <p className="tm-quiet">{t('rules.noExamples')}</p>}
      <ul className="tm-rule-examples">
        {shown.map(({ example, index, key }) => {
          const result = all ? results[index] : undefined;
          return (
            <li key={key} data-ok={result?.ok}>
              {result?.ok === false ? <CircleX size={13} aria-hidden="true" /> : <CircleCheck size={13} aria-hidden="true" />}
              <input
                className="tm-rule-example-name"
                aria-label={t('rules.exampleName')}
                value={example.name}
                maxLength={200}
                data-testid={`example-name-${index}`}
                onChange={(event) => rename(index, event.target.value)}
              />
              <span className="tm-pill">{t(`rules.truth.${example.expect}`)}</span>
              {result?.ok === false && (
                <span data-bad="true">{result.problem ?? t('rules.gives', { truth: t(`rules.truth.${result.got ?? 'U'}`) })}</span>
              )}
              <span className="tm-grow" />
              <IconButton label={t('rules.remove')} onClick={() => change(examples.filter((_, at) => at !== index))}>
                <X size={13} />
              </IconButton>
            </li>
          );
        })}
      </ul>
      {tested !== undefined &&
        examples.length > 0 &&
        tested.undecided.slice(0, SHOWN_UNDECIDED).map(({ path, words }) => (
          <p key={path} className="tm-quiet tm-rule-undecided">
            <Info size={13} aria-hidden="true" /> {t('rules.undecided', { words })}
          </p>
        ))}
    </section>
  );
}
