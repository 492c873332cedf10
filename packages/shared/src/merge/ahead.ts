/** A batch tells by itself whether it is the last of its shard: in its record, so that a shard's end can be told from a crash in its middle. */

export interface Marked<T> {
  readonly item: T;
  readonly last: boolean;
}

/** Each item once the next is there, or none is: holds one item back. */
export async function* withLast<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<Marked<T>> {
  let held: { readonly item: T } | undefined;
  for await (const item of items) {
    if (held !== undefined) yield { item: held.item, last: false };
    held = { item };
  }
  if (held !== undefined) yield { item: held.item, last: true };
}

/** The same for items that are there already. */
export function* markLast<T>(items: Iterable<T>): Generator<Marked<T>> {
  let held: { readonly item: T } | undefined;
  for (const item of items) {
    if (held !== undefined) yield { item: held.item, last: false };
    held = { item };
  }
  if (held !== undefined) yield { item: held.item, last: true };
}
