import type { ReactElement, ReactNode } from 'react';

/** A key to press, as a hint for the eye only; the button's own label is what is read. */
export function Key({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <span className="tm-kbd" aria-hidden="true">
      {children}
    </span>
  );
}
