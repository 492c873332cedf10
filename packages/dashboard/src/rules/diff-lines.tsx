/** What turns one rule into another, line by line. */
import type { DiffAnswer } from '@tagmill/shared/api/rules';
import type { ReactElement } from 'react';

const SIGN = { same: ' ', added: '+', removed: '−' } as const;

export function DiffLines({ lines }: { readonly lines: DiffAnswer['lines'] }): ReactElement {
  const numbered = lines.map((line, at) => ({ ...line, key: `line ${at}` }));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <pre className="tm-rule-diff" data-testid="rule-diff" tabIndex={0}>
      {numbered.map(({ op, text, key }) => (
        <span key={key} data-op={op}>
          {SIGN[op]} {text}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
