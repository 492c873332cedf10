/** The name of whoever sits at this page: sent with every request and kept with what they do. It is taken at its word. */
import { MOST_NAME, personOf } from '@tagmill/shared/people';
import { create } from 'zustand';

const NAME = 'tagmill.who';

export const useWho = create<{ readonly name: string }>(() => ({ name: localStorage.getItem(NAME) ?? '' }));

export function setWho(name: string): void {
  const kept = name.slice(0, MOST_NAME);
  localStorage.setItem(NAME, kept);
  useWho.setState({ name: kept });
}

/** The person, where records name one; else the door that it came through. */
export const shownWho = (who: string): string => personOf(who) ?? who;
