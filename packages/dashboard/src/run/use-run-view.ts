/** What of the run screen lives in the address: run, selection, states shown, text to find. */
import type { InstanceRecord } from '@tagmill/shared/feed/views';
import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import type { Mark } from '../theme/tokens.ts';

export interface RunView {
  readonly selected: readonly string[];
  readonly states: readonly Mark[];
  readonly find: string;
  select(ids: readonly string[]): void;
  setStates(states: readonly Mark[]): void;
  setFind(text: string): void;
  clear(): void;
}

const list = (text: string | null): string[] => (text === null || text === '' ? [] : text.split(','));

export function useRunView(): RunView {
  const [params, setParams] = useSearchParams();
  return useMemo(() => {
    const put = (values: Readonly<Record<string, string>>): void =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [name, value] of Object.entries(values)) {
            if (value === '') next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace: true },
      );
    return {
      selected: list(params.get('task')),
      states: list(params.get('states')) as Mark[],
      find: params.get('find') ?? '',
      select: (ids) => put({ task: ids.join(',') }),
      setStates: (states) => put({ states: states.join(',') }),
      setFind: (text) => put({ find: text }),
      clear: () => put({ states: '', find: '' }),
    };
  }, [params, setParams]);
}

/** Ids of the instances that pass the filter; null when there is none. */
export function shownIds(
  records: Readonly<Record<string, InstanceRecord>>,
  states: readonly Mark[],
  find: string,
): ReadonlySet<string> | null {
  const text = find.trim().toLowerCase();
  if (states.length === 0 && text === '') return null;
  const found = Object.values(records).filter((one) => {
    const byState = states.length === 0 || states.includes(one.state) || (one.held && states.includes('held'));
    return byState && (text === '' || one.name.toLowerCase().includes(text) || String(one.tagId ?? '') === text);
  });
  return new Set(found.map((one) => one.id));
}
