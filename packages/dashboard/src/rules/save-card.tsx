/** Saves with a reason. Refused: what is wrong; somebody else was faster: both side by side. */
import { useQueryClient } from '@tanstack/react-query';
import type { DiffAnswer, RuleVersion, SaveAnswer } from '@tagmill/shared/api/rules';
import { MOST_NAME } from '@tagmill/shared/people';
import { CircleX, Save } from 'lucide-react';
import { type ReactElement, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiError, asApiError } from '../api/http.ts';
import { type Example, saveRule } from '../api/rules.ts';
import { Key } from '../ui/key.tsx';
import { setWho, useWho } from '../api/who.ts';
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
  /** Rules go live once somebody else has approved them: a save is a proposal. */
  readonly approval: boolean;
  readonly saved: (answer: SaveAnswer) => void;
  /** Somebody else's version takes the place of what is written here. */
  readonly takeTheirs: (version: RuleVersion) => void;
}

export function SaveCard({ tag, text, examples, next, etag, errors, changed, approval, saved, takeTheirs }: Props): ReactElement {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const [sending, setSending] = useState(false);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const { name } = useWho();
  const nameless = approval && name.trim() === '';
  const ready = errors === 0 && changed && reason.trim() !== '' && !sending;
  const save = async (draft: boolean, seen = etag): Promise<void> => {
    if (!ready || (nameless && !draft)) return;
    const state = draft ? 'draft' : approval ? 'proposed' : 'live';
    setSending(true);
    setFailed(null);
    try {
      const answer = await saveRule(tag, { rule: text, examples: [...examples], reason: reason.trim(), state }, seen);
      setReason('');
      saved(answer);
      await Promise.all([['rule-versions', tag], ['tag-overview'], ['inbox']].map((queryKey) => queries.invalidateQueries({ queryKey })));
    } catch (error) {
      setFailed(asApiError(error));
    } finally {
      setSending(false);
    }
  };
  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      if (event.key !== 's' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      void save(false);
    };
    window.addEventListener('keydown', keys);
    return () => window.removeEventListener('keydown', keys);
  });
  const { etag: newEtag, current } = (failed?.facts ?? {}) as { readonly etag?: unknown; readonly current?: RuleVersion };
  return (
    <footer className="tm-rule-save" data-testid="rule-save">
      {failed !== null && <Refused error={failed} />}
      {failed?.code === 'RULE_CONFLICT' && typeof newEtag === 'string' && (
        <div className="tm-preview-buttons">
          <button
            type="button"
            className="tm-button"
            aria-disabled={!ready || nameless}
            data-testid="save-over"
            onClick={() => void save(false, newEtag)}
          >
            {t('rules.saveOver')}
          </button>
          {current !== undefined && (
            <button
              type="button"
              className="tm-button"
              data-testid="take-theirs"
              onClick={() => {
                setFailed(null);
                takeTheirs(current);
              }}
            >
              {t('rules.takeTheirs')}
            </button>
          )}
        </div>
      )}
      <input
        aria-label={t('rules.reason')}
        placeholder={t('rules.reason')}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        data-testid="rule-reason"
      />
      {approval && (
        <input
          aria-label={t('settings.name')}
          placeholder={t('settings.name')}
          value={name}
          maxLength={MOST_NAME}
          onChange={(event) => setWho(event.target.value)}
          data-testid="who-name"
        />
      )}
      <div className="tm-preview-buttons">
        <button
          type="button"
          className="tm-button tm-confirm"
          data-primary="true"
          aria-disabled={!ready || nameless}
          onClick={() => void save(false)}
          data-testid="save-live"
        >
          <Save size={14} aria-hidden="true" />
          <span>{approval ? t('rules.propose', { version: next }) : t('rules.save', { version: next })}</span>
          <Key>{/Mac|iP/.test(navigator.platform) ? '⌘' : 'Ctrl'}</Key>
          <Key>S</Key>
        </button>
        <button type="button" className="tm-button" aria-disabled={!ready} onClick={() => void save(true)} data-testid="save-draft">
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
              : nameless
                ? t('rules.needsName')
                : approval
                  ? t('rules.thenApproved')
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
