import { Modal, PasswordInput } from '@mantine/core';
import { type FormEvent, type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { setKey, useKey } from '../api/key.ts';
import { feed } from '../feed/browser.ts';

/** Asks once for the manager's key when it wants one. */
export function KeyPrompt(): ReactElement {
  const { t } = useTranslation();
  const { asked, refused } = useKey();
  const [text, setText] = useState('');
  const use = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() === '') return;
    setKey(text.trim());
    setText('');
    feed.tryNow();
  };
  return (
    <Modal
      opened={asked}
      onClose={() => undefined}
      withCloseButton={false}
      title={t('key.title')}
      centered
      transitionProps={{ duration: 0 }}
    >
      <form onSubmit={use} className="tm-key">
        <p>{t('key.help')}</p>
        <PasswordInput
          label={t('key.label')}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={refused ? t('key.wrong') : null}
          data-autofocus
          data-testid="key-field"
        />
        <button type="submit" className="tm-button" data-primary="true" data-testid="use-key">
          {t('key.use')}
        </button>
      </form>
    </Modal>
  );
}
