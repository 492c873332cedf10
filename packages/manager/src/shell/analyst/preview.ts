/** A preview as it stands: its counts added up, and the answer that they make. Pure. */
import type { PreviewAnswer } from '@tagmill/shared/api/rules';
import type { TagmillError } from '@tagmill/shared/errors';
import type { PassTag } from '@tagmill/shared/job';
import { MOVES, type PreviewCounts } from '@tagmill/shared/question';
import type { WholeRule } from '@tagmill/shared/rules/normal';
import { type Basis, shownBasis } from './basis.ts';
import type { Counted } from './preview-count.ts';

export interface Part {
  readonly path: string;
  readonly words: string;
  readonly rule: WholeRule;
}

export interface Preview {
  readonly id: string;
  readonly text: string;
  readonly basis: Basis;
  readonly tagId: number | null;
  readonly liveVersion: number | null;
  /** With what it is compared; null: with nothing. */
  readonly against: PreviewAnswer['against'];
  readonly parts: readonly Part[];
  /** Other tags that are counted with it. */
  readonly others: readonly PassTag[];
  readonly downstream: PreviewAnswer['downstream'];
  /** Undefined: its shards are evaluated as in a run. */
  readonly counted: Counted | undefined;
  readonly shards: number;
  /** Share of all that each shard is, in numbers that are as they are among each other. */
  readonly weights: readonly number[];
  readonly samples: number;
  readonly startedMs: number;
  readonly stop: AbortController;
  done: number;
  /** Sum of the weights of those that are done. */
  weighed: number;
  counts: PreviewCounts;
  state: PreviewAnswer['state'];
  error: TagmillError | undefined;
  durationMs: number;
}

/** Users of each kind that are shown while it counts. */
const SAMPLES_MEANWHILE = 100;

export function end(preview: Preview, state: PreviewAnswer['state']): void {
  if (preview.state !== 'running') return;
  preview.state = state;
  preview.durationMs = performance.now() - preview.startedMs;
}

export const noCounts = (parts: number, others: number): PreviewCounts => ({
  others: new Array<readonly [number, number]>(others).fill([0, 0]),
  users: 0,
  matrix: new Array<number>(16).fill(0),
  moves: [0, 0, 0, 0],
  parts: new Array<number>(parts).fill(0),
  samples: { enter: [], exit: [], stay: [], unknown: [] },
  bytesRead: 0,
});

export function sum(a: PreviewCounts, b: PreviewCounts, samples: number): PreviewCounts {
  const add = (x: readonly number[], y: readonly number[]): number[] => x.map((value, index) => value + (y[index] ?? 0));
  const joined = Object.fromEntries(MOVES.map((move) => [move, [...a.samples[move], ...b.samples[move]].slice(0, samples)]));
  return {
    users: a.users + b.users,
    matrix: add(a.matrix, b.matrix),
    moves: add(a.moves, b.moves),
    parts: add(a.parts, b.parts),
    others: b.others.map(([matched, both], index) => [matched + (a.others[index]?.[0] ?? 0), both + (a.others[index]?.[1] ?? 0)] as const),
    samples: joined as unknown as PreviewCounts['samples'],
    bytesRead: a.bytesRead + b.bytesRead,
  };
}

export function shown(preview: Preview): PreviewAnswer {
  const { counts, done, shards, state, error } = preview;
  const whole = preview.weights.reduce((sum, weight) => sum + weight, 0);
  const isPart = done < shards && preview.weighed > 0;
  const scale = (value: number): number => (isPart ? Math.round((value * whole) / preview.weighed) : value);
  // Whoever looks every moment gets all users that were asked for once they are there.
  const most = state === 'running' ? SAMPLES_MEANWHILE : preview.samples;
  const { enter, exit, stay, unknown } = counts.samples;
  return {
    preview_id: preview.id,
    state,
    exact: state === 'done',
    shards_done: done,
    shards_total: shards,
    tag_id: preview.tagId,
    live_version: preview.liveVersion,
    against: preview.against,
    figures: done === 0 ? null : figuresOf(counts, preview, scale),
    parts: done === 0 ? [] : preview.parts.map(({ path, words }, index) => ({ path, words, matched: scale(counts.parts[index] ?? 0) })),
    downstream: preview.downstream,
    verdict: state === 'done' ? verdictOf(counts) : null,
    overlap: overlapOf(preview, scale),
    samples: { enter: enter.slice(0, most), exit: exit.slice(0, most), stay: stay.slice(0, most), unknown: unknown.slice(0, most) },
    bytes_read: counts.bytesRead,
    duration_ms: Math.round(state === 'running' ? performance.now() - preview.startedMs : preview.durationMs),
    basis: shownBasis(preview.basis),
    error: error === undefined ? null : { code: error.code, message: error.message },
  };
}

const matchedIn = ({ matrix }: PreviewCounts): number => [0, 1, 2, 3].reduce((total, live) => total + (matrix[live] ?? 0), 0);

/** Of a rule that is asked for somebody. */
function verdictOf(counts: PreviewCounts): PreviewAnswer['verdict'] {
  const asked = counts.matrix.slice(0, 12).reduce((total, users) => total + users, 0);
  if (asked === 0) return null;
  const matched = matchedIn(counts);
  return matched === 0 ? 'empty' : matched === asked ? 'full' : null;
}

function overlapOf({ others, counts, state }: Preview, scale: (value: number) => number): PreviewAnswer['overlap'] {
  const own = matchedIn(counts);
  return others
    .map(({ tagId, name }, index) => {
      const [matched, both] = counts.others[index] ?? [0, 0];
      const relation = state === 'done' ? relationOf(own, matched, both) : null;
      return { tag_id: tagId, tag_name: name, matched: scale(matched), both: scale(both), relation };
    })
    .sort((a, b) => b.both - a.both);
}

function relationOf(own: number, other: number, both: number): PreviewAnswer['overlap'][number]['relation'] {
  if (both === 0) return 'disjoint';
  if (both === own) return both === other ? 'equal' : 'contained';
  return both === other ? 'contains' : 'overlaps';
}

/** Rows of the matrix: the rule gives T, F, U, is not asked; columns: the live one does. */
function figuresOf(
  { users, matrix, moves }: PreviewCounts,
  { against, liveVersion }: Preview,
  scale: (value: number) => number,
): PreviewAnswer['figures'] {
  const row = (own: number): number => [0, 1, 2, 3].reduce((total, live) => total + (matrix[4 * own + live] ?? 0), 0);
  const column = (live: number): number => [0, 1, 2, 3].reduce((total, own) => total + (matrix[4 * own + live] ?? 0), 0);
  const [enter = 0, exit = 0, stay = 0, unknownHeld = 0] = moves;
  const compared = (value: number): number | null => (against === null ? null : scale(value));
  return {
    users: scale(users),
    matched: scale(row(0)),
    unknown: scale(row(2)),
    live_matched: liveVersion === null ? null : scale(column(0)),
    held: compared(exit + stay + unknownHeld),
    enter: compared(enter),
    exit: compared(exit),
    stay: compared(stay),
    unknown_held: compared(unknownHeld),
  };
}
