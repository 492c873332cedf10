/** Whether single keys do something: some people want none, for they type into other tools, or are listened to by one. */
import { useHotkeys } from '@mantine/hooks';
import { create } from 'zustand';

const NAME = 'tagmill.singleKeys';

export const useSingleKeys = create<{ readonly on: boolean }>(() => ({ on: localStorage.getItem(NAME) !== 'off' }));

export function setSingleKeys(on: boolean): void {
  localStorage.setItem(NAME, on ? 'on' : 'off');
  useSingleKeys.setState({ on });
}

/** Keys that work while no field has the focus and single keys are on. */
export function useKeys(keys: readonly (readonly [string, () => void])[]): void {
  const { on } = useSingleKeys();
  useHotkeys(on ? keys.map(([key, work]): [string, () => void] => [key, work]) : []);
}

interface ListKeys<T> {
  readonly order: readonly T[];
  readonly selected: T | null;
  readonly select: (item: T) => void;
  readonly open: (item: T) => void;
  /** The field that `/` goes to. */
  readonly find?: string;
}

/** `j` and `k` move in a list, Enter opens, `/` finds. */
export function useListKeys<T>({ order, selected, select, open, find }: ListKeys<T>): void {
  const step = (by: number): void => {
    const at = selected === null ? -1 : order.indexOf(selected);
    const next = order[at < 0 ? (by > 0 ? 0 : order.length - 1) : Math.max(0, Math.min(order.length - 1, at + by))];
    if (next !== undefined) select(next);
  };
  useKeys([
    ['j', () => step(1)],
    ['k', () => step(-1)],
    ['Enter', () => selected !== null && document.activeElement?.closest('a, button') == null && open(selected)],
    ['/', () => find !== undefined && document.getElementById(find)?.focus()],
  ]);
}
