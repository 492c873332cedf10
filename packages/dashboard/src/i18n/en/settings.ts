/** English texts of the settings. */
export const settings = {
  settings: {
    you: 'You and this browser',
    name: 'Your name',
    nameHelp:
      'Sent with what you do and kept with it, at your word. Where rules need an approval, whoever has written one cannot approve it.',
    theme: 'Theme',
    scheme: { auto: 'as the system', light: 'light', dark: 'dark' },
    language: 'Language',
    singleKeys: 'Single keys',
    singleKeysHelp: 'They work while no field has the focus. Off: only keys together with Ctrl or Cmd do something.',
    keys: 'Keys',
    pages: 'Pages',
    everywhere: 'Lists and the run screen',
    actions: 'Actions of the selected tasks',
    key: {
      j: 'next',
      k: 'previous',
      Enter: 'open',
      find: 'find',
      Esc: 'back',
      n: 'next failed',
      f: 'fit the graph',
    },
  },
} as const;
