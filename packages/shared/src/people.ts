/** Who is said to have done something: the door that it came through, and the person's name where one was given. */

/** Doors whose requests may carry a person's name. */
const DOORS = ['api-key', 'local', 'cli'] as const;

/** Header by which a request says who sends it, percent-encoded UTF-8. It is taken at its word. */
export const WHO_HEADER = 'x-tagmill-who';
export const MOST_NAME = 100;

/** The person of a `who` as records keep it; null: a door, a file or a database edit that names nobody. */
export function personOf(who: string): string | null {
  const at = who.indexOf(':');
  return at > 0 && DOORS.some((door) => door === who.slice(0, at)) ? who.slice(at + 1) : null;
}
