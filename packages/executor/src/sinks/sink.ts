/** The port lives in `shared`, because the manager's own tag store has it too. */
export type { TagSink } from '@tagmill/shared/merge/sink';
