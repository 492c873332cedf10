/** The chosen tag of the catalogue: what its newest run made of it, what it allows, the way to its rule. */
import type { OverviewTag } from '@tagmill/shared/api/tag-overview';
import { X } from 'lucide-react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { LastRunCard } from '../rules/last-run-card.tsx';
import { OverridesCard } from '../rules/overrides-card.tsx';
import { PolicyCard } from '../rules/policy-card.tsx';
import { IconButton } from '../ui/icon-button.tsx';

export function TagPanel({ one, close }: { readonly one: OverviewTag; readonly close: () => void }): ReactElement {
  const { t } = useTranslation();
  return (
    <aside className="tm-panel tm-tag-panel" id="panel" tabIndex={-1} data-testid="tag-panel">
      <header className="tm-panel-head">
        <div className="tm-panel-title">
          <h2>{one.tag_name}</h2>
          <span className="tm-pill">{t('panel.tag', { id: one.tag_id })}</span>
          <IconButton label={t('panel.close')} onClick={close}>
            <X size={15} />
          </IconButton>
        </div>
        {one.description !== '' && <p className="tm-text">{one.description}</p>}
        <Link href={`/rules/${one.tag_id}`} className="tm-button" data-testid="open-rule">
          {t('catalogue.openRule')}
        </Link>
      </header>
      <div className="tm-panel-body">
        <LastRunCard tag={one.tag_id} />
        <PolicyCard tag={one.tag_id} />
        <OverridesCard tag={one.tag_id} />
      </div>
    </aside>
  );
}
