/** What the manager refused, in its own sentence, with its code. */
import { CircleX } from 'lucide-react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../api/http.ts';

export function ApiFailure({ error, testId }: { readonly error: unknown; readonly testId?: string }): ReactElement | null {
  const { t } = useTranslation();
  if (error === null || error === undefined) return null;
  const { code, message } = asApiError(error);
  return (
    <div className="tm-note tm-note-bad" role="alert" data-testid={testId}>
      <p>
        <CircleX size={14} aria-hidden="true" /> {message}
      </p>
      <code>{code}</code> <span>{t(`error.code.${code}`, { defaultValue: '' })}</span>
    </div>
  );
}
