/** Alt and an arrow move a group or a condition among its siblings; the focus goes with it. */
import { type RefObject, useEffect, useRef } from 'react';
import { moved } from './document.ts';
import type { TreeProps } from './tree-parts.tsx';

type Moved = Pick<TreeProps, 'root' | 'change'>;

export function useMoveKeys(tree: RefObject<HTMLElement | null>, props: Moved): void {
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const element = tree.current;
    const keys = (event: KeyboardEvent): void => {
      const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : null;
      const field = event.target instanceof HTMLElement ? event.target : null;
      const path = field?.closest<HTMLElement>('[data-path]')?.dataset['path'] ?? '';
      if (!event.altKey || by === null || field === null || path === '') return;
      event.preventDefault();
      const { root, change } = latest.current;
      const next = moved(root, path, by);
      if (next === root) return;
      change(next);
      requestAnimationFrame(() => focusAgain(neighbour(path, by), field.getAttribute('aria-label')));
    };
    element?.addEventListener('keydown', keys);
    return () => element?.removeEventListener('keydown', keys);
  }, [tree]);
}

function neighbour(path: string, by: number): string {
  const steps = path.split('/');
  return [...steps.slice(0, -1), String(Number(steps.at(-1)) + by)].join('/');
}

function focusAgain(path: string, label: string | null): void {
  const node = document.querySelector(`[data-path="${CSS.escape(path)}"]`);
  const fields = [...(node?.querySelectorAll<HTMLElement>('input, select, button') ?? [])];
  fields.find((one) => one.getAttribute('aria-label') === label)?.focus();
}
