/** What a writer must know before going on: work of an earlier visit is here again; somebody else has saved in the meantime. */
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { compareVersions } from '../api/rules.ts';
import { shownWho } from '../api/who.ts';
import { languageNow } from '../i18n/setup.ts';
import { when } from '../recovery/time.ts';
import { DiffLines } from './diff-lines.tsx';
import type { Editing } from './use-editing.ts';

export function EditingNotes({ tag, editing }: { readonly tag: number; readonly editing: Editing }): ReactElement | null {
  const { t } = useTranslation();
  const { restored, behind, changed, drop } = editing;
  if (!changed || (restored === null && behind === null)) return null;
  return (
    <div className="tm-note tm-rule-note" role="status" data-testid="editing-note">
      {restored !== null && <p>{t('rules.restored', { when: when(restored.atMs, languageNow()) })}</p>}
      {behind !== null && <p>{t('rules.behind', { version: behind.version, who: shownWho(behind.who), reason: behind.reason })}</p>}
      {behind !== null && restored !== null && restored.base > 0 && <Between tag={tag} from={restored.base} to={behind.version} />}
      <button type="button" className="tm-button" onClick={drop} data-testid="drop-draft">
        {t('rules.drop')}
      </button>
    </div>
  );
}

/** What the others changed. */
function Between({ tag, from, to }: { readonly tag: number; readonly from: number; readonly to: number }): ReactElement | null {
  const { data } = useQuery({ queryKey: ['rule-diff', tag, from, to], queryFn: () => compareVersions(tag, from, to), retry: false });
  return data === undefined ? null : <DiffLines lines={data.lines} />;
}
