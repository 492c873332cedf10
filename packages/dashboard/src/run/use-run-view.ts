/** What of the run screen lives in the address: run, selection, states shown, text to find. */
import type { InstanceRecord } from '@tagmill/shared/feed/views';
import { instanceId, splitInstanceId } from '@tagmill/shared/ids';
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

export function useRunView(runId: string): RunView {
  const [params, setParams] = useSearchParams();
  return useMemo(() => {
    const put = (values: Readonly<Record<string, readonly string[]>>): void =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [name, texts] of Object.entries(values)) {
            next.delete(name);
            for (const text of texts) next.append(name, text);
          }
          return next;
        },
        { replace: true },
      );
    return {
      selected: params.getAll('task').map((name) => instanceId(runId, name)),
      states: params.getAll('state') as Mark[],
      find: params.get('find') ?? '',
      select: (ids) => put({ task: ids.map((id) => splitInstanceId(id)?.name ?? id) }),
      setStates: (states) => put({ state: states }),
      setFind: (text) => put({ find: text === '' ? [] : [text] }),
      clear: () => put({ state: [], find: [] }),
    };
  }, [params, setParams, runId]);
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
