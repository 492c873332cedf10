/** The manager's key: asked for once, kept for the life of the tab and nowhere else. */
import { create } from 'zustand';

const NAME = 'tagmill.key';

interface KeyState {
  readonly key: string | null;
  /** The manager wants a key, or refused the one it got. */
  readonly asked: boolean;
  readonly refused: boolean;
}

export const useKey = create<KeyState>(() => ({ key: fromAddress() ?? sessionStorage.getItem(NAME), asked: false, refused: false }));

/** A key handed over after `#key=` is taken out of the address at once; the part after # never leaves the browser. */
function fromAddress(): string | null {
  const found = /^#key=(.+)$/.exec(location.hash)?.[1];
  if (found === undefined) return null;
  const key = decodeURIComponent(found);
  sessionStorage.setItem(NAME, key);
  history.replaceState(null, '', location.pathname + location.search);
  return key;
}

export function setKey(key: string): void {
  sessionStorage.setItem(NAME, key);
  useKey.setState({ key, asked: false, refused: false });
}

export function askForKey(): void {
  const { key } = useKey.getState();
  useKey.setState({ asked: true, refused: key !== null });
}
