/** Ctrl or Cmd and K: goes to anything, and opens the preview of any action. */
import { Modal } from '@mantine/core';
import { CornerDownLeft, Search } from 'lucide-react';
import { type KeyboardEvent as ReactKeyboardEvent, type ReactElement, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { create } from 'zustand';
import { Key } from '../ui/key.tsx';
import { type Choice, useEntries } from './use-entries.ts';

const usePalette = create<{ readonly open: boolean }>(() => ({ open: false }));
const close = (): void => usePalette.setState({ open: false });

/** In the header: says that there is one. */
export function PaletteButton(): ReactElement {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      className="tm-button tm-palette-button"
      onClick={() => usePalette.setState({ open: true })}
      data-testid="palette-open"
    >
      <Search size={14} aria-hidden="true" />
      <span>{t('palette.title')}</span>
      <Key>{/Mac|iP/.test(navigator.platform) ? '⌘' : 'Ctrl'}</Key>
      <Key>K</Key>
    </button>
  );
}

export function Palette(): ReactElement {
  const { t } = useTranslation();
  const { open } = usePalette();
  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      usePalette.setState({ open: true });
    };
    window.addEventListener('keydown', keys);
    return () => window.removeEventListener('keydown', keys);
  }, []);
  return (
    <Modal.Root opened={open} onClose={close} padding={0} size={520} yOffset="12vh" transitionProps={{ duration: 0 }}>
      <Modal.Overlay />
      <Modal.Content aria-label={t('palette.title')}>
        <Modal.Body>{open && <Finder />}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Finder(): ReactElement {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const entries = useEntries(typed);
  const now = Math.min(at, entries.length - 1);
  const choose = (entry: Choice | undefined): void => {
    if (entry === undefined) return;
    close();
    entry.choose();
  };
  const keys = (event: ReactKeyboardEvent): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by !== 0) {
      event.preventDefault();
      setAt((now + by + entries.length) % Math.max(1, entries.length));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      choose(entries[now]);
    }
  };
  return (
    <div className="tm-palette" data-testid="palette">
      <label className="tm-palette-field">
        <Search size={16} aria-hidden="true" />
        <input
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={entries[now] === undefined ? undefined : `palette-${now}`}
          aria-label={t('palette.title')}
          placeholder={t('palette.title')}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
          }}
          onKeyDown={keys}
          data-testid="palette-field"
        />
        <Key>esc</Key>
      </label>
      <div id="palette-list" role="listbox" aria-label={t('palette.title')} className="tm-palette-list">
        {entries.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys
          <div
            key={entry.id}
            id={`palette-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === now}
            data-kind={entry.kind}
            onClick={() => choose(entry)}
            onMouseMove={() => setAt(index)}
          >
            <span className="tm-cut">{entry.label}</span>
            <small>{entry.hint}</small>
            {index === now && <CornerDownLeft size={13} aria-hidden="true" />}
          </div>
        ))}
      </div>
      <p className="tm-quiet tm-palette-help">{t('palette.help')}</p>
    </div>
  );
}
