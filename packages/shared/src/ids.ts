/** Ids that are unique for ever: UUID version 7 (RFC 9562), time first, so that they sort by age. */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * A UUIDv7 for a time (ms since 1970) and 10 random bytes. Both come from the
 * caller: nothing here reads a clock or a random source.
 */
export function uuidv7(atMs: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  let rest = Math.max(0, Math.floor(atMs));
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = Array.from(bytes, (byte) => HEX[byte]).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Id of an instance: its run and its name in the run's graph. */
export const instanceId = (runId: string, name: string): string => `${runId}/${name}`;

export function splitInstanceId(id: string): { readonly runId: string; readonly name: string } | undefined {
  const slash = id.indexOf('/');
  if (slash < 1 || slash === id.length - 1) return undefined;
  return { runId: id.slice(0, slash), name: id.slice(slash + 1) };
}
