/** English texts of the catalogue of tags. */
export const catalogue = {
  catalogue: {
    all: 'All',
    loading: 'Loading the tags',
    state: { held: 'Held by its check', proposed: 'Waits for approval', live: 'Live', draft: 'Draft', inactive: 'Inactive' },
    column: {
      tag: 'Tag',
      state: 'State',
      users: 'Users',
      coverage: 'Coverage',
      trend: 'Runs before',
      entered: 'Entered',
      left: 'Left',
      unknown: 'Unknown',
      lastRun: 'Newest run',
      rule: 'Rule',
    },
    sizes: 'from {{from}} to {{to}} users in {{runs}} runs',
    never: 'never',
    openRule: 'Open the rule',
  },
} as const;
