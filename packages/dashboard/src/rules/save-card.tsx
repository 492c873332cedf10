/** Saves with a reason. Refused: what is wrong; somebody else was faster: both side by side. */
import { useQueryClient } from '@tanstack/react-query';
import type { DiffAnswer, RuleVersion, SaveAnswer } from '@tagmill/shared/api/rules';
import { CircleX, Save } from 'lucide-react';
import { type ReactElement, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/http.ts';
import { type Example, saveRule } from '../api/rules.ts';
import { Key } from '../ui/key.tsx';
import { DiffLines } from './diff-lines.tsx';

interface Props {
  readonly tag: number;
  readonly text: string;
  readonly examples: readonly Example[];
  readonly next: number;
  readonly etag: string;
  /** Errors that keep it from being saved; -1: not known yet. */
  readonly errors: number;
  readonly changed: boolean;
  readonly saved: (answer: SaveAnswer) => void;
}

export function SaveCard({ tag, text, examples, next, etag, errors, changed, saved }: Props): ReactElement {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const [sending, setSending] = useState(false);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const ready = errors === 0 && changed && reason.trim() !== '' && !sending;
  const save = async (state: 'live' | 'draft', seen = etag): Promise<void> => {
    if (!ready) return;
    setSending(true);
    setFailed(null);
    try {
      const answer = await saveRule(tag, { rule: text, examples: [...examples], reason: reason.trim(), state }, seen);
      setReason('');
      saved(answer);
      await queries.invalidateQueries({ queryKey: ['rule-versions', tag] });
    } catch (error) {
      setFailed(error instanceof ApiError ? error : new ApiError(0, 'INTERNAL', String(error)));
    } finally {
      setSending(false);
    }
  };
  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      if (event.key !== 's' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      void save('live');
    };
    window.addEventListener('keydown', keys);
    return () => window.removeEventListener('keydown', keys);
  });
  const newEtag = failed?.facts['etag'];
  return (
    <footer className="tm-rule-save" data-testid="rule-save">
      {failed !== null && <Refused error={failed} />}
      {failed?.code === 'RULE_CONFLICT' && typeof newEtag === 'string' && (
        <button type="button" className="tm-button" data-testid="save-over" onClick={() => void save('live', newEtag)}>
          {t('rules.saveOver')}
        </button>
      )}
      <input
        aria-label={t('rules.reason')}
        placeholder={t('rules.reason')}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        data-testid="rule-reason"
      />
      <div className="tm-preview-buttons">
        <button
          type="button"
          className="tm-button tm-confirm"
          data-primary="true"
          aria-disabled={!ready}
          onClick={() => void save('live')}
          data-testid="save-live"
        >
          <Save size={14} aria-hidden="true" />
          <span>{t('rules.save', { version: next })}</span>
          <Key>{/Mac|iP/.test(navigator.platform) ? '⌘' : 'Ctrl'}</Key>
          <Key>S</Key>
        </button>
        <button type="button" className="tm-button" aria-disabled={!ready} onClick={() => void save('draft')} data-testid="save-draft">
          {t('rules.saveDraft')}
        </button>
      </div>
      <p className="tm-quiet" data-bad={errors > 0} role="status" data-testid="save-says">
        {errors > 0
          ? t('rules.blocks', { count: errors })
          : !changed
            ? t('rules.unchanged')
            : reason.trim() === ''
              ? t('rules.needsReason')
              : ''}
      </p>
    </footer>
  );
}

function Refused({ error }: { readonly error: ApiError }): ReactElement {
  const { t } = useTranslation();
  const { diff, current } = error.facts as { readonly diff?: DiffAnswer['lines']; readonly current?: RuleVersion };
  return (
    <div className="tm-note tm-note-bad" role="alert" data-testid="save-refused">
      <p>
        <CircleX size={14} aria-hidden="true" /> {error.message}
      </p>
      <code>{error.code}</code> <span>{t(`error.code.${error.code}`, { defaultValue: '' })}</span>
      {current !== undefined && diff !== undefined && <DiffLines lines={diff} />}
    </div>
  );
}
