/** A tag that its check holds: what was counted, and what may become of it. Nothing happens before what it does is read and a reason given. */
import { useQueryClient } from '@tanstack/react-query';
import type { ActionAnswer } from '@tagmill/shared/feed/views';
import { Pause } from 'lucide-react';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { act } from '../api/http.ts';
import { useHindrance } from '../feed/hooks.ts';
import { taskHref } from '../run/task-href.ts';
import { ApiFailure } from '../ui/api-failure.tsx';
import { sentence } from '../ui/format.ts';
import { ReasonForm } from '../ui/reason-form.tsx';

interface Held {
  readonly run_id: string;
  readonly instance_id: string;
  readonly sentence: string;
}

const ANSWERS = ['stop', 'release'] as const;

export function HeldCard({ held }: { readonly held: Held }): ReactElement {
  const { t } = useTranslation();
  return (
    <div className="tm-held-card" data-testid="held-card">
      <p>
        <span className="tm-chip tm-chip-held">
          <Pause size={12} aria-hidden="true" /> {t('state.held')}
        </span>{' '}
        <Link href={taskHref(held.instance_id)}>{t('rules.ofRun')}</Link>
      </p>
      <p className="tm-text">{sentence(held.sentence)}</p>
      <HeldAnswers {...held} />
    </div>
  );
}

/** Discard and release, each with what it would do. */
export function HeldAnswers({ run_id, instance_id }: Pick<Held, 'run_id' | 'instance_id'>): ReactElement {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const off = useHindrance();
  const [seen, setSeen] = useState<ActionAnswer | null>(null);
  const [failed, setFailed] = useState<unknown>(null);
  const request = (action: (typeof ANSWERS)[number]) => ({ action, selection: [instance_id] }) as const;
  const look = async (action: (typeof ANSWERS)[number]): Promise<void> => {
    setFailed(null);
    try {
      setSeen(await act(run_id, { ...request(action), dry_run: true }));
    } catch (error) {
      setFailed(error);
    }
  };
  const send = async (reason: string): Promise<void> => {
    if (seen === null) return;
    const action = seen.action === 'release' ? 'release' : 'stop';
    await act(run_id, { ...request(action), preview_seq: seen.preview_seq, reason });
    await Promise.all(['tag-overview', 'inbox'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
  };
  if (seen !== null) {
    const action = seen.action === 'release' ? 'release' : 'stop';
    return (
      <ReasonForm
        key={action}
        label={t(`actionByCheck.${action}`)}
        off={off !== null || seen.affected.length === 0}
        send={send}
        cancel={() => setSeen(null)}
        testId="held-answer"
      >
        <p className="tm-quiet">
          {seen.affected.length === 0 ? sentence(seen.refused[0]?.sentence ?? '') : sentence(seen.effect_on_target)}
        </p>
      </ReasonForm>
    );
  }
  return (
    <>
      <ApiFailure error={failed} />
      <div className="tm-preview-buttons">
        {ANSWERS.map((action) => (
          <button
            key={action}
            type="button"
            className="tm-button"
            data-primary={action === 'stop'}
            aria-disabled={off !== null}
            title={off === null ? undefined : t(`panel.off.${off}`)}
            data-testid={`held-${action}`}
            onClick={() => {
              if (off === null) void look(action);
            }}
          >
            {t(`actionByCheck.${action}`)}…
          </button>
        ))}
      </div>
    </>
  );
}
