/** What this browser keeps of a person: name, theme, language, single keys. And which keys there are. */
import { useMantineColorScheme } from '@mantine/core';
import { MOST_NAME } from '@tagmill/shared/people';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { setWho, useWho } from '../api/who.ts';
import { languageNow, switchLanguage } from '../i18n/setup.ts';
import { ACTION_KEY } from '../panel/action-buttons.tsx';
import { PAGE_KEYS } from '../frame/pages.ts';
import { ACTIONS } from '@tagmill/shared/words';
import { Key } from '../ui/key.tsx';
import { setSingleKeys, useSingleKeys } from '../ui/single-keys.ts';

const SCHEMES = ['auto', 'light', 'dark'] as const;
const LANGUAGES = ['en', 'zh'] as const;
/** Each language in itself: who looks for it may not read the other. */
const OWN_NAME = { en: 'English', zh: '中文' } as const;
const LIST_KEYS = ['j', 'k', 'Enter', '/', 'Esc', 'n', 'f'] as const;

export function SettingsPage(): ReactElement {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { name } = useWho();
  const { on } = useSingleKeys();
  return (
    <main className="tm-fleet tm-settings" data-testid="settings-page">
      <section className="tm-card-box">
        <h2>{t('settings.you')}</h2>
        <label className="tm-field">
          {t('settings.name')}
          <input value={name} maxLength={MOST_NAME} onChange={(event) => setWho(event.target.value)} data-testid="settings-name" />
        </label>
        <p className="tm-quiet">{t('settings.nameHelp')}</p>
        <label className="tm-field">
          {t('settings.theme')}
          <select
            value={colorScheme}
            onChange={(event) => setColorScheme(SCHEMES.find((one) => one === event.target.value) ?? 'auto')}
            data-testid="settings-theme"
          >
            {SCHEMES.map((one) => (
              <option key={one} value={one}>
                {t(`settings.scheme.${one}`)}
              </option>
            ))}
          </select>
        </label>
        <label className="tm-field">
          {t('settings.language')}
          <select
            value={languageNow()}
            onChange={(event) => switchLanguage(event.target.value === 'zh' ? 'zh' : 'en')}
            data-testid="settings-language"
          >
            {LANGUAGES.map((one) => (
              <option key={one} value={one}>
                {OWN_NAME[one]}
              </option>
            ))}
          </select>
        </label>
        <label className="tm-field">
          {t('settings.singleKeys')}
          <input type="checkbox" checked={on} onChange={(event) => setSingleKeys(event.target.checked)} data-testid="settings-keys" />
        </label>
        <p className="tm-quiet">{t('settings.singleKeysHelp')}</p>
      </section>
      <section className="tm-card-box">
        <h2>{t('settings.keys')}</h2>
        <h3>{t('settings.pages')}</h3>
        <dl className="tm-key-list">
          {PAGE_KEYS.map(([key, , word]) => (
            <div key={key}>
              <dt>
                <Key>g</Key> <Key>{key}</Key>
              </dt>
              <dd>{t(`rail.${word}`)}</dd>
            </div>
          ))}
        </dl>
        <h3>{t('settings.everywhere')}</h3>
        <dl className="tm-key-list">
          {LIST_KEYS.map((key) => (
            <div key={key}>
              <dt>
                <Key>{key}</Key>
              </dt>
              <dd>{t(`settings.key.${key === '/' ? 'find' : key}`)}</dd>
            </div>
          ))}
        </dl>
        <h3>{t('settings.actions')}</h3>
        <dl className="tm-key-list">
          {ACTIONS.map((action) => (
            <div key={action}>
              <dt>
                <Key>{ACTION_KEY[action]}</Key>
              </dt>
              <dd>{t(`action.${action}`)}</dd>
            </div>
          ))}
        </dl>
      </section>
    </main>
  );
}
