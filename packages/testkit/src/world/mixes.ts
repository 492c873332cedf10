/** Mixes with a name: `npm run simulate -- --mix NAME`. Each is about one part of the world, with enough beside it to matter. */
import { TagmillError } from '@tagmill/shared/errors';
import { drawMix, FAULT_KINDS, FAULTS, type FaultKind, type FaultMix } from './faults.ts';

interface NamedMix {
  readonly name: string;
  readonly about: string;
  readonly mix: (seed: number) => FaultMix;
}

const weakest = (kind: FaultKind): number => (FAULTS[kind].unit === 'share' ? FAULTS[kind].from : FAULTS[kind].to);

const fixed = (name: string, about: string, mix: FaultMix): NamedMix => ({ name, about, mix: () => mix });

export const MIXES: readonly NamedMix[] = [
  { name: 'drawn', about: 'each kind of fault is in it or not, as the seed draws (the default)', mix: drawMix },
  fixed('none', 'no fault at all: the base line', {}),
  fixed('network', 'lost, doubled, late and overtaking messages; partitions of one and of both directions; half-open streams', {
    drop: 0.01,
    duplicate: 0.1,
    reorder: 0.002,
    slow: 0.05,
    partition: 8_000,
    'one-way': 8_000,
    'half-open': 8_000,
    click: 2_000,
  }),
  fixed('kills', 'kill -9 of manager and executors, with people clicking', {
    'manager-kill': 3_000,
    'executor-kill': 3_000,
    'disk-slow': 0.08,
    'answer-lost': 0.1,
    click: 800,
  }),
  fixed('hasty', 'a slow disk, kill -9 of the manager, and people who stop what runs as soon as it is back', {
    'manager-kill': 2_500,
    'disk-slow': 0.4,
    click: 400,
  }),
  fixed('clicks', 'people who click on everything, all the time', {
    click: 100,
    storm: 4_000,
    create: 6_000,
    'executor-kill': 8_000,
    'attempt-fails': 0.05,
    deaf: 0.3,
  }),
  fixed('disk', 'the manager’s disk: full, read-only, slow, failed flushes, torn ends, kills', {
    'disk-slow': 0.1,
    'disk-full': 6_000,
    'disk-read-only': 9_000,
    'flush-fails': 0.01,
    'manager-kill': 4_000,
    click: 800,
  }),
  fixed('wiped', 'data directories are lost or rot, on the manager and on executors: copies win', {
    'disk-lost': 6_000,
    'disk-rot': 8_000,
    'executor-disk-lost': 9_000,
    'executor-kill': 9_000,
    'manager-kill': 9_000,
    'clock-jump': 4_000,
    click: 800,
  }),
  fixed('two-managers', 'the manager sleeps beyond its lease and another one takes over', {
    takeover: 6_000,
    'manager-stop': 6_000,
    'executor-stop': 9_000,
    slow: 0.03,
    click: 1_000,
  }),
  fixed('clocks', 'clocks that run fast or slow and jump, up to a day', {
    'clock-jump': 2_000,
    'clock-rate': 0.05,
    'manager-kill': 6_000,
    'executor-stop': 6_000,
    'attempt-fails': 0.08,
    click: 2_000,
  }),
  fixed('target', 'a target that is away, deadlocks, loses answers and keeps locks of frozen peers', {
    'answer-lost': 0.15,
    deadlock: 0.1,
    'target-away': 6_000,
    'executor-freeze': 4_000,
    'executor-kill': 6_000,
    'manager-kill': 9_000,
    click: 1_500,
  }),
  fixed('store', 'an object store that throttles, stalls and changes what was pinned', {
    's3-error': 0.1,
    's3-stall': 0.08,
    'object-changed': 0.005,
    'executor-kill': 8_000,
    click: 2_000,
  }),
  fixed('peers', 'strangers, twins, drains, executors that sleep', {
    stranger: 300,
    twin: 4_000,
    drain: 4_000,
    'executor-stop': 5_000,
    'executor-freeze': 8_000,
    click: 1_500,
  }),
  {
    name: 'all',
    about: 'every kind of fault at its weakest',
    mix: () => Object.fromEntries(FAULT_KINDS.map((kind) => [kind, weakest(kind)])),
  },
];

/** The mix of a name for a seed. Throws USAGE for a name that is unknown. */
export function mixOf(name: string, seed: number): FaultMix {
  const found = MIXES.find((one) => one.name === name);
  if (found === undefined) throw new TagmillError('USAGE', `there is no mix ${name}: --mix list shows those there are`);
  return found.mix(seed);
}
