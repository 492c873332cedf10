/** The one command that adds an executor. The join token itself is never shown. */
import { CopyButton } from '@mantine/core';
import { Copy } from 'lucide-react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { useFleet } from '../feed/hooks.ts';

/** The manager's own word for where it listens; a wildcard address is the page's host. */
function addressOf(managerAddress: string | undefined): string {
  const [, host, port] = /^(.*):(\d+)$/.exec(managerAddress ?? '') ?? [];
  if (host === undefined || port === undefined) return 'HOST:PORT';
  return `${host === '0.0.0.0' || host === '[::]' || host === '::' ? location.hostname : host}:${port}`;
}

export function JoinCommand(): ReactElement {
  const { t } = useTranslation();
  const fleet = useFleet();
  const lines = ['npm run -s tagmill -- executor', `--manager ${addressOf(fleet?.managerAddress)}`];
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
