/** English texts of the user screen. */
export const users = {
  users: {
    show: 'Show',
    which: 'Which user',
    whichHelp: 'Type an id to see the tags that are stored, why each, and what would change it.',
    loading: 'Loading the user',
    tags: 'Tags of the user',
    tagCount_one: '{{count, number}} tag of',
    tagCount_other: '{{count, number}} tags of',
    noRow: 'The table user_tags has no row of this user. A tag is explained from the tables all the same.',
    unreadable: 'The row of this user cannot be read: mend its tag_ids and tag_details.',
    excluded: 'Kept away by hand',
    since: 'since {{date}}',
    noTag: 'a tag that is gone',
    any: 'Explain any tag',
    why: 'Why {{tag}}',
    whyNot: 'Why not {{tag}}',
  },
} as const;
