/** English texts of what a tag allows, and of tags by hand. */
export const tags = {
  policies: {
    title: 'What it allows',
    change: 'Change',
    save: 'Save the policy',
    unknown: 'Result unknown',
    unknownIs: { keep: 'holders keep the tag', remove: 'holders lose the tag', keep_for: 'holders keep it for {{runs}} runs' },
    runs: 'Runs to keep it',
    noRuns: 'Runs are a number from 1 to {{most}}.',
    maxUnknown: 'Most unknown',
    maxMove: 'Most change',
    any: 'any',
    said: 'Last said',
    noPercent: 'A share is a number of percent, such as 20, or empty.',
    help: 'A run beyond that holds the tag before a row of it is written. An empty field allows anything.',
  },
  byHand: {
    title: 'By hand',
    add: 'Set a tag by hand',
    none: 'Nobody has it, or has it not, by hand.',
    what: 'What',
    kind: { include: 'has it', exclude: 'has it not' },
    do: { include: 'Give the tag', exclude: 'Keep the tag away' },
    clear: 'Let the rule decide',
    clearHelp: 'The user is as the rule and the next run say.',
    help: 'It is written at once, and no run changes it.',
  },
} as const;
