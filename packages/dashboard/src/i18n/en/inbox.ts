/** English texts of the inbox. */
export const inbox = {
  inbox: {
    all: 'All',
    loading: 'Loading the inbox',
    kind: { gate: 'Gates', failed: 'Failed', held: 'Held by their check', approval: 'Rules to approve' },
    open: { gate: 'See and run', failed: 'See and retry', approval: 'See and answer' },
    emptyTitle: 'Nothing needs you',
    emptyHelp: 'Looked at {{when}}.',
  },
} as const;
