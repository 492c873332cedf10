import type { InstanceState } from '@tagmill/shared/words';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Glyph } from './glyph.tsx';

/** A state as glyph, word and colour. `data-state` holds the word of the contract. */
export function StateChip({ state, testId }: { readonly state: InstanceState; readonly testId?: string }): ReactElement {
  const { t } = useTranslation();
  return (
    <span
      className="tm-chip"
      data-state={state}
      data-testid={testId}
      style={{ color: `var(--tm-${state})`, background: `var(--tm-${state}-soft)` }}
    >
      <Glyph mark={state} />
      {t(`state.${state}`)}
    </span>
  );
}

export function HeldChip(): ReactElement {
  const { t } = useTranslation();
  return (
    <span className="tm-chip tm-chip-held" data-testid="panel-held">
      <Glyph mark="held" />
      {t('state.held')}
    </span>
  );
}
