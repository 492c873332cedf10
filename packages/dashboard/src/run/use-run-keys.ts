/** Single keys of the run screen. They work only while no field has the focus. */
import type { EdgeRecord, InstanceRecord } from '@tagmill/shared/feed/views';
import { ACTIONS, type Action } from '@tagmill/shared/words';
import { useEffect, useRef } from 'react';
import { ACTION_KEY } from '../panel/action-buttons.tsx';
import { useKeys } from '../ui/single-keys.ts';
import { closePreview, type Target } from './preview-store.ts';
import type { RunView } from './use-run-view.ts';

interface Keys {
  readonly order: readonly string[];
  readonly records: Readonly<Record<string, InstanceRecord>>;
  readonly edges: Readonly<Record<string, EdgeRecord>>;
  readonly view: RunView;
  readonly target: Target | null;
  readonly act: (action: Action) => void;
  readonly fit: () => void;
  readonly select: (id: string | null) => void;
}

export function useRunKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  const step = (by: number): void => {
    const { order, view, select } = latest.current;
    const at = order.indexOf(view.selected[0] ?? '');
    select(order[at < 0 ? (by > 0 ? 0 : order.length - 1) : Math.max(0, Math.min(order.length - 1, at + by))] ?? null);
  };
  const follow = (from: 'from' | 'to', to: 'from' | 'to'): void => {
    const { edges, view, select } = latest.current;
    const next = Object.values(edges).find((edge) => edge[from] === view.selected[0]);
    if (next !== undefined) select(next[to]);
  };
  const nextFailed = (): void => {
    const { order, records, view, select } = latest.current;
    const failed = order.filter((id) => records[id]?.state === 'failed');
    select(failed[failed.indexOf(view.selected[0] ?? '') + 1] ?? failed[0] ?? null);
  };
  useKeys([
    ...ACTIONS.map((action): [string, () => void] => [ACTION_KEY[action].toLowerCase(), () => latest.current.act(action)]),
    ['j', () => step(1)],
    ['k', () => step(-1)],
    ['ArrowRight', () => follow('from', 'to')],
    ['ArrowLeft', () => follow('to', 'from')],
    ['n', nextFailed],
    ['f', () => latest.current.fit()],
    ['/', () => document.getElementById('find-task')?.focus()],
  ]);
  useEffect(() => {
    const goBack = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      const { target, view } = latest.current;
      if (target !== null) closePreview();
      else if (event.target instanceof HTMLInputElement) event.target.blur();
      else if (view.selected.length > 0) {
        const id = view.selected[0]!;
        view.select([]);
        document.querySelector<HTMLElement>(`[data-task="${CSS.escape(id)}"]`)?.focus();
      } else if (view.states.length > 0 || view.find !== '') view.clear();
    };
    window.addEventListener('keydown', goBack);
    return () => window.removeEventListener('keydown', goBack);
  }, []);
}
