/** Which recovery this browser's user has read about; kept in the browser. */
import type { ServiceRecord } from '@tagmill/shared/feed/views';
import { create } from 'zustand';

const NAME = 'tagmill.recovery.read';

type Recovered = NonNullable<ServiceRecord['recovered']>;

export const useRead = create<{ readonly mark: string | null }>(() => ({ mark: localStorage.getItem(NAME) }));

export const markOf = ({ term, atMs }: Recovered): string => `${term} ${atMs}`;

export function markRead(recovered: Recovered): void {
  const mark = markOf(recovered);
  localStorage.setItem(NAME, mark);
  useRead.setState({ mark });
}
