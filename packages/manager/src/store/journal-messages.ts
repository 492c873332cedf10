/** Between the manager's thread and the journal's. */
export type ToJournal = { readonly type: 'append'; readonly seq: number; readonly blob: Uint8Array } | { readonly type: 'close' };

export type FromJournal =
  | { readonly type: 'batch'; readonly seq: number; readonly blob: Uint8Array }
  | { readonly type: 'open'; readonly lineage: string; readonly seq: number }
  | { readonly type: 'committed'; readonly seq: number }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'closed' };
