/** Makes a failing world smaller while it still fails in the same way: fewer kinds of faults, shorter, fewer executors, runs, tags, shards. */
import { FAULT_KINDS, type FaultKind } from './faults.ts';
import type { WorldOptions, WorldResult } from './world.ts';

export interface Shrunk {
  readonly options: WorldOptions;
  readonly result: WorldResult;
  readonly tries: number;
}

/** Which promise is broken: the number in brackets, or the first words. */
export const kindOf = (result: WorldResult): string => /^(\[\d+\]|\S+ \S+)/.exec(result.broken[0] ?? '')?.[1] ?? '';

/** `run` simulates; at most `most` worlds are tried. */
export function shrink(options: WorldOptions, first: WorldResult, run: (options: WorldOptions) => WorldResult, most = 120): Shrunk {
  let best: Shrunk = { options, result: first, tries: 0 };
  let tries = 0;
  const kind = kindOf(first);
  const smaller = (candidate: WorldOptions): boolean => {
    if (tries >= most) return false;
    tries += 1;
    const result = run(candidate);
    if (kindOf(result) !== kind) return false;
    best = { options: candidate, result, tries };
    return true;
  };
  for (let progress = true; progress && tries < most; ) {
    progress = false;
    for (const candidate of candidates(best)) {
      if (!smaller(candidate)) continue;
      progress = true;
      break;
    }
  }
  return { ...best, tries };
}

/** From the boldest step to the smallest. */
function* candidates({ options, result }: Shrunk): Generator<WorldOptions> {
  const endedMs = Math.ceil(result.simulatedMs);
  const faultsMs = options.faultsMs ?? 20_000;
  if (endedMs < faultsMs) yield { ...options, faultsMs: endedMs };
  const off = new Set(options.off);
  const kinds = FAULT_KINDS.filter((kind) => result.mix[kind] !== undefined && !off.has(kind));
  for (const some of [kinds.filter((kind) => !result.injected.has(kind)), ...halves(kinds), ...kinds.map((kind) => [kind])])
    if (some.length > 0 && some.length <= kinds.length) yield { ...options, off: [...off, ...some] as FaultKind[] };
  for (const name of ['clicks', 'runs', 'executors', 'tags', 'shards'] as const) {
    const now = options[name] ?? WIDEST[name];
    for (const next of new Set([1, now >> 1, now - 1])) if (next >= 1 && next < now) yield { ...options, [name]: next };
  }
  for (const next of [faultsMs >> 1, Math.floor(faultsMs * 0.8)]) if (next > 500) yield { ...options, faultsMs: next };
}

const WIDEST = { clicks: 500, runs: 5, executors: 6, tags: 6, shards: 24 } as const;

const halves = (kinds: readonly FaultKind[]): readonly (readonly FaultKind[])[] =>
  kinds.length < 4 ? [] : [kinds.slice(0, kinds.length >> 1), kinds.slice(kinds.length >> 1)];

/** The command that gives the same world again, byte for byte. */
export function commandOf(options: WorldOptions): string {
  const words = [`--seeds ${options.seed}`];
  if (typeof options.mix === 'string' && options.mix !== 'drawn') words.push(`--mix ${options.mix}`);
  if (options.off !== undefined && options.off.length > 0) words.push(`--off ${options.off.join(',')}`);
  for (const [name, flag] of FLAGS) if (options[name] !== undefined) words.push(`--${flag} ${options[name]}`);
  return `npm run -s simulate -- ${words.join(' ')} --story`;
}

const FLAGS = [
  ['faultsMs', 'faults-ms'],
  ['executors', 'executors'],
  ['runs', 'runs'],
  ['clicks', 'clicks'],
  ['tags', 'tags'],
  ['shards', 'shards'],
] as const;
