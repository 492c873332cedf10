/** `g`, then a letter, goes to a page; `?` to the keys that there are. */
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { useSingleKeys } from '../ui/single-keys.ts';
import { PAGE_KEYS } from './pages.ts';

const WITHIN_MS = 1_000;

export function usePageKeys(): void {
  const [, go] = useLocation();
  const { on } = useSingleKeys();
  useEffect(() => {
    if (!on) return;
    let sinceMs = 0;
    const keys = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLElement && event.target.closest('input, textarea, select') !== null) return;
      const page = PAGE_KEYS.find(([key]) => key === event.key)?.[1];
      if (event.key === '?') go('/settings');
      else if (event.key === 'g') sinceMs = Date.now();
      else if (Date.now() - sinceMs < WITHIN_MS && page !== undefined) {
        sinceMs = 0;
        event.stopImmediatePropagation();
        go(page);
      }
    };
    window.addEventListener('keydown', keys, { capture: true });
    return () => window.removeEventListener('keydown', keys, { capture: true });
  }, [go, on]);
}
