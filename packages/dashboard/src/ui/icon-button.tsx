import type { ReactElement, ReactNode } from 'react';

interface Props {
  readonly label: string;
  readonly onClick: () => void;
  readonly children: ReactNode;
  readonly testId?: string;
}

/** A button that is only an icon; its label is read and shown as a title. */
export function IconButton({ label, onClick, children, testId }: Props): ReactElement {
  return (
    <button type="button" className="tm-icon-button" aria-label={label} title={label} onClick={onClick} data-testid={testId}>
      {children}
    </button>
  );
}
