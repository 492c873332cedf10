import type { ReactElement } from 'react';
import type { Mark } from '../theme/tokens.ts';
import { GLYPHS } from './glyph-paths.ts';

/** A state's glyph. Always beside its word or under a tooltip, so it is hidden from readers. */
export function Glyph({ mark, size = 14 }: { readonly mark: Mark; readonly size?: number }): ReactElement {
  const main = `var(--tm-${mark})`;
  const inner = mark === 'held' ? 'var(--tm-held-soft)' : 'var(--tm-surface)';
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" className="tm-glyph" focusable="false">
      {GLYPHS[mark].map((part) => {
        const paint = part.paint === 'main' ? main : inner;
        return part.stroke === undefined ? (
          <path key={part.d} d={part.d} fill={paint} />
        ) : (
          <path
            key={part.d}
            d={part.d}
            fill="none"
            stroke={paint}
            strokeWidth={part.stroke}
            strokeLinecap="round"
            strokeLinejoin="round"
            strokeDasharray={part.dash?.join(' ')}
          />
        );
      })}
    </svg>
  );
}
