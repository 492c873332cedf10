/** English texts of the palette. */
export const palette = {
  palette: {
    title: 'Search or run a command',
    task: 'task of this run',
    preview: 'opens its preview',
    user: 'show this user',
    help: 'Arrows move, Enter opens; an action opens its preview first.',
  },
} as const;
