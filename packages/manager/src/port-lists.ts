/** What the mouths may ask of uploaded lists. */
import type { ListAnswer, ListBody, ListRecord } from '@tagmill/shared/api/lists';

/** Errors of all: DATABASE_UNAVAILABLE. */
export interface ListsPort {
  all(): Promise<readonly ListRecord[]>;
  /** Errors: NOT_FOUND. */
  get(name: string, limit: number): Promise<ListAnswer>;
  /** Errors: USAGE for a value that the type does not have. */
  put(name: string, body: ListBody, who: string): Promise<ListRecord>;
  /** Errors: NOT_FOUND. */
  drop(name: string): Promise<void>;
}
