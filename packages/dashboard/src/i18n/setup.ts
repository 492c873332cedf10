/** Language of the page: from the address, else as it was last, else the browser's. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Language } from '../ui/format.ts';
import { en } from './en.ts';
import { zh } from './zh.ts';

const NAME = 'tagmill.language';

export function languageNow(): Language {
  return i18next.language === 'zh' ? 'zh' : 'en';
}

export function startLanguage(): void {
  const asked = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem(NAME) ?? navigator.language;
  const language: Language = asked.toLowerCase().startsWith('zh') ? 'zh' : 'en';
  void i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { en: { translation: en }, zh: { translation: zh } },
    interpolation: { escapeValue: false },
    initAsync: false,
  });
  document.documentElement.lang = language;
}

/** Switches, and keeps the choice in the address, so that a pasted link reads the same. */
export function switchLanguage(language: Language): void {
  localStorage.setItem(NAME, language);
  document.documentElement.lang = language;
  const address = new URL(location.href);
  address.searchParams.set('lang', language);
  history.replaceState(history.state, '', address);
  void i18next.changeLanguage(language);
}

/** Sentences one after the other, as the language writes them; empty ones are left out. */
export const sentences = (...parts: readonly string[]): string =>
  parts.filter((part) => part !== '').join(languageNow() === 'zh' ? '' : ' ');
