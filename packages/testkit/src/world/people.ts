/** The users of the simulated target, and whom a tag's rule matches: facts that target and oracle share. */
export const USERS = 96;

/** Users of a shard: a range of the key space, as the plan's cuts make it. */
export function usersOf(shard: number, shards: number): readonly number[] {
  const from = Math.floor((shard * USERS) / shards);
  const to = Math.floor(((shard + 1) * USERS) / shards);
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** Whether the rule of a tag matches a user on a run's day: two of five, other ones in each run. */
export function isMatched(runId: string, tag: number, user: number): boolean {
  let value = Math.imul(tag * 131 + user, 0x9e3779b1) >>> 0;
  for (let at = 0; at < runId.length; at++) value = Math.imul(value ^ runId.charCodeAt(at), 0x01000193) >>> 0;
  return (value >>> 8) % 5 < 2;
}
