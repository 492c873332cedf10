/** Colours of the page: one list for style sheets and canvases. Colour belongs to state; chrome is ink and grey. */
import type { InstanceState } from '@tagmill/shared/words';

export type ThemeName = 'light' | 'dark';
export type Mark = InstanceState | 'held';

interface Chrome {
  readonly bg: string;
  readonly surface: string;
  readonly surface2: string;
  readonly surface3: string;
  readonly line: string;
  readonly line2: string;
  readonly ink: string;
  readonly onInk: string;
  readonly text: string;
  readonly text2: string;
  readonly text3: string;
  readonly accent: string;
  readonly accentSoft: string;
  readonly ok3: string;
  readonly shadow: string;
}

interface StateColour {
  readonly fg: string;
  readonly soft: string;
}

export interface Tokens {
  readonly chrome: Chrome;
  readonly state: Readonly<Record<Mark, StateColour>>;
}

const colour = (fg: string, soft: string): StateColour => ({ fg, soft });

export const TOKENS: Readonly<Record<ThemeName, Tokens>> = {
  light: {
    chrome: {
      bg: '#F6F7F9',
      surface: '#FFFFFF',
      surface2: '#F1F3F6',
      surface3: '#E7EAEF',
      line: '#E2E6EC',
      line2: '#CBD2DC',
      ink: '#131924',
      onInk: '#FFFFFF',
      text: '#131924',
      text2: '#465163',
      text3: '#5F6A7D',
      accent: '#4A47C8',
      accentSoft: '#EDECFB',
      ok3: '#4FB089',
      shadow: '0 8px 24px rgba(19, 25, 36, 0.16)',
    },
    state: {
      unregistered: colour('#697284', '#F6F7F9'),
      registered: colour('#505D73', '#EEF1F5'),
      pending: colour('#333F55', '#E6EAF0'),
      running: colour('#0654BC', '#E5F0FD'),
      confirming: colour('#067699', '#DFF3F6'),
      succeeded: colour('#0A6540', '#E2F4EC'),
      failed: colour('#992600', '#FDE8E0'),
      skipped: colour('#7C2C96', '#F5E9F9'),
      stopping: colour('#A05B01', '#FFF3DC'),
      stopped: colour('#582702', '#F3E8DA'),
      held: colour('#231B00', '#F5C518'),
    },
  },
  dark: {
    chrome: {
      bg: '#0D1015',
      surface: '#14181F',
      surface2: '#1B2029',
      surface3: '#262D38',
      line: '#28303B',
      line2: '#3B4553',
      ink: '#E9EDF3',
      onInk: '#0D1015',
      text: '#E9EDF3',
      text2: '#B4BECB',
      text3: '#8D99A9',
      accent: '#A5A3FF',
      accentSoft: '#23224A',
      ok3: '#2B9A73',
      shadow: '0 8px 24px rgba(0, 0, 0, 0.6)',
    },
    state: {
      unregistered: colour('#8793A4', '#1A1F27'),
      registered: colour('#A5B0C0', '#1F252E'),
      pending: colour('#CDD5E0', '#262E3A'),
      running: colour('#62AEFF', '#11294A'),
      confirming: colour('#59D4EE', '#0C303A'),
      succeeded: colour('#37C08F', '#0E3327'),
      failed: colour('#EB7445', '#44190B'),
      skipped: colour('#BF7AD8', '#351E40'),
      stopping: colour('#F1AE4A', '#3D2A08'),
      stopped: colour('#CDA06B', '#33261A'),
      held: colour('#231B00', '#F5C518'),
    },
  },
};

const kebab = (name: string): string => name.replace(/([a-z])([A-Z0-9])/g, '$1-$2').toLowerCase();

/** The tokens of a theme as custom properties: `--tm-text-2`, `--tm-running`, `--tm-running-soft`. */
export function cssVariables(theme: ThemeName): Record<string, string> {
  const { chrome, state } = TOKENS[theme];
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(chrome)) out[`--tm-${kebab(name)}`] = value;
  for (const [name, value] of Object.entries(state)) {
    out[`--tm-${name}`] = value.fg;
    out[`--tm-${name}-soft`] = value.soft;
  }
  return out;
}
