/** The bar over the graph: find, sizes, next failed; or, while a preview is open, what it is. */
import { Eye, Search } from 'lucide-react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Glyph } from '../ui/glyph.tsx';
import type { Target } from './preview-store.ts';
import type { RunView } from './use-run-view.ts';
import { Key } from '../ui/key.tsx';

interface Props {
  readonly view: RunView;
  readonly total: number;
  readonly edges: number;
  readonly failed: readonly string[];
  readonly onNextFailed: () => void;
}

export function GraphBar({ view, total, edges, failed, onNextFailed }: Props): ReactElement {
  const { t } = useTranslation();
  return (
    <div className="tm-graph-bar">
      <label className="tm-find">
        <Search size={14} aria-hidden="true" />
        <input
          id="find-task"
          type="text"
          value={view.find}
          placeholder={t('graph.find')}
          aria-label={t('graph.find')}
          onChange={(event) => view.setFind(event.target.value)}
        />
        <Key>/</Key>
      </label>
      <span className="tm-quiet">
        {t('graph.tasks', { count: total })} · {t('graph.edges', { count: edges })}
      </span>
      {failed.length > 0 && (
        <button type="button" className="tm-button tm-next-failed" onClick={onNextFailed}>
          <Glyph mark="failed" /> <span>{t('graph.nextFailed')}</span> <Key>N</Key>
        </button>
      )}
    </div>
  );
}

export function PreviewBanner({ target, onFit }: { readonly target: Target; readonly onFit: () => void }): ReactElement {
  const { t } = useTranslation();
  return (
    <div className="tm-graph-bar tm-preview-banner" role="status">
      <Eye size={15} aria-hidden="true" />
      <b>{t('preview.banner', { action: t(`action.${target.action}`) })}</b>
      <span>{t('preview.bannerHelp')}</span>
      <button type="button" className="tm-link" onClick={onFit}>
        {t('preview.fit')}
      </button>
    </div>
  );
}
