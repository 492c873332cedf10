/** The pages there are: letter behind `g`, address, and the word of the rail. */
export const PAGE_KEYS = [
  ['r', '/', 'run'],
  ['i', '/inbox', 'inbox'],
  ['e', '/executors', 'executors'],
  ['t', '/rules', 'rules'],
  ['u', '/users', 'users'],
  ['v', '/recovery', 'recovery'],
  ['s', '/settings', 'settings'],
] as const;
