import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';
import { cssVariables } from './tokens.ts';

const indigo: MantineColorsTuple = [
  '#EDECFB',
  '#D9D7F6',
  '#B9B6EE',
  '#A5A3FF',
  '#8583E8',
  '#6664DA',
  '#4A47C8',
  '#3E3BB0',
  '#34329A',
  '#292781',
];

const SANS = 'Inter, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif';
const MONO = '"JetBrains Mono", ui-monospace, monospace';

export const theme = createTheme({
  fontFamily: SANS,
  fontFamilyMonospace: MONO,
  colors: { indigo },
  primaryColor: 'indigo',
  primaryShade: { light: 6, dark: 3 },
  defaultRadius: 6,
  respectReducedMotion: true,
  cursorType: 'pointer',
});

/** Own tokens beside Mantine's, and Mantine's own body colours set to them. */
export const resolver: CSSVariablesResolver = () => ({
  variables: { '--tm-sans': SANS, '--tm-mono': MONO },
  light: { ...cssVariables('light'), '--mantine-color-body': 'var(--tm-bg)', '--mantine-color-text': 'var(--tm-text)' },
  dark: { ...cssVariables('dark'), '--mantine-color-body': 'var(--tm-bg)', '--mantine-color-text': 'var(--tm-text)' },
});
