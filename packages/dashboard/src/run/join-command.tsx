/** The one command that adds an executor. The join token itself is never shown. */
import { CopyButton } from '@mantine/core';
import { Copy } from 'lucide-react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';

/** Default of `--grpc` (interfaces.md). */
const GRPC_PORT = 7443;

export function JoinCommand(): ReactElement {
  const { t } = useTranslation();
  const lines = ['npm run -s tagmill -- executor', `--manager ${location.hostname}:${GRPC_PORT}`];
  return (
    <div className="tm-command">
      <pre>
        <span className="tm-prompt">$ </span>
        {lines[0]} \{'\n'}
        {'    '}
        <em>{lines[1]}</em>
      </pre>
      <CopyButton value={lines.join(' ')} timeout={1500}>
        {({ copied, copy }) => (
          <button type="button" className="tm-button" data-primary="true" onClick={copy} data-testid="copy-command">
            <Copy size={14} aria-hidden="true" /> <span>{copied ? t('executors.copied') : t('executors.copy')}</span>
          </button>
        )}
      </CopyButton>
    </div>
  );
}
