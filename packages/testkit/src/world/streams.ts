/** Independent random streams of one seed: what one kind of fault draws does not move what another does. */
import { Prng } from '@tagmill/shared/prng';

/** FNV-1a, cut to the bits that a seed has room for above its own 32. */
function hash(name: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) value = Math.imul(value ^ name.charCodeAt(at), 0x01000193) >>> 0;
  return value % 2 ** 20;
}

/** The stream of this name; equal for equal seeds and names. */
export const streamOf = (seed: number, name: string): Prng => new Prng((seed >>> 0) + (hash(name) + 1) * 2 ** 32);
