/** A small form that asks why before something is done, and says what was refused. */
import { type ReactElement, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { rememberReason } from '../panel/reasons.ts';
import { ApiFailure } from './api-failure.tsx';

interface Props {
  /** On the button, a verb. */
  readonly label: string;
  readonly children?: ReactNode;
  /** Nothing is sent while it is off. */
  readonly off?: boolean;
  readonly send: (reason: string) => Promise<void>;
  readonly cancel: () => void;
  readonly testId: string;
}

export function ReasonForm({ label, children, off = false, send, cancel, testId }: Props): ReactElement {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const [sending, setSending] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const ready = reason.trim() !== '' && !sending && !off;
  const submit = async (): Promise<void> => {
    if (!ready) return;
    setSending(true);
    setFailed(null);
    try {
      await send(reason.trim());
      rememberReason(reason);
      cancel();
    } catch (error) {
      setFailed(error);
      setSending(false);
    }
  };
  return (
    <form
      className="tm-reason-form"
      data-testid={testId}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        cancel();
      }}
    >
      {children}
      <ApiFailure error={failed} testId={`${testId}-refused`} />
      <input
        // biome-ignore lint/a11y/noAutofocus: it was opened to be filled in
        autoFocus
        aria-label={t('preview.reason')}
        placeholder={t('preview.reasonHint')}
        maxLength={1_000}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        data-testid={`${testId}-reason`}
      />
      <div className="tm-preview-buttons">
        <button type="submit" className="tm-button" data-primary="true" aria-disabled={!ready} data-testid={`${testId}-send`}>
          {label}
        </button>
        <button type="button" className="tm-button" onClick={cancel}>
          {t('preview.cancel')}
        </button>
      </div>
    </form>
  );
}
