/**
 * A set of users, kept while it is read: piece by piece, so that neither the
 * manager nor what is sent grows with it. Where a piece ends is told by the
 * users themselves: of a set that changes a little most pieces stay what they
 * were, and executors have these already.
 */
import { joinPieces, linesOf } from '@tagmill/shared/value-set';
import type { NamedLists } from '../tagstore/metadata.ts';

/** Characters of a piece: from these on it ends with the next user that says so, and here in any case. */
const [LEAST_CHARS, MOST_CHARS] = [1024 * 1024, 8 * 1024 * 1024];
/** One of so many users says so. */
const ENDS_ONE_OF = 1_024;
/** Users whose lines are written together. */
const USERS_A_LINE = 512;

export interface PieceSizes {
  readonly leastChars: number;
  readonly mostChars: number;
  readonly endsOneOf: number;
}

export class UserSetWriter {
  readonly #lists: Pick<NamedLists, 'keepPiece'>;
  readonly #atMs: number;
  readonly #sizes: PieceSizes;
  readonly #pieces: string[] = [];
  #users: string[] = [];
  #lines: string[] = [];
  #chars = 0;

  constructor(
    lists: Pick<NamedLists, 'keepPiece'>,
    atMs: number,
    sizes: PieceSizes = { leastChars: LEAST_CHARS, mostChars: MOST_CHARS, endsOneOf: ENDS_ONE_OF },
  ) {
    this.#lists = lists;
    this.#atMs = atMs;
    this.#sizes = sizes;
  }

  /** The next user, ascending by bytes. A promise must be waited for before the next one. */
  add(user: string): Promise<void> | undefined {
    this.#users.push(user);
    this.#chars += user.length + 3;
    if (this.#users.length >= USERS_A_LINE) this.#gather();
    const { leastChars, mostChars, endsOneOf } = this.#sizes;
    const isFull = this.#chars >= mostChars || (this.#chars >= leastChars && hashOf(user) % endsOneOf === 0);
    return isFull ? this.#flush() : undefined;
  }

  /** Name of the whole set. */
  async end(): Promise<string> {
    if (this.#chars > 0 || this.#pieces.length === 0) await this.#flush();
    return joinPieces(this.#pieces);
  }

  #gather(): void {
    this.#lines.push(linesOf(this.#users));
    this.#users = [];
  }

  async #flush(): Promise<void> {
    this.#gather();
    const text = this.#lines.join('');
    this.#lines = [];
    this.#chars = 0;
    this.#pieces.push(await this.#lists.keepPiece(text, this.#atMs));
  }
}

/** FNV-1a over the code units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
