/**
 * No field of the state is forgotten: each is either seen by the digest, by
 * which the property of snapshots compares, or named here with its reason.
 */
import { describe, expect, test } from 'vitest';
import { digest } from '../../src/core/digest.ts';
import { decodeState } from '../../src/core/snapshot/decode.ts';
import { encodeState } from '../../src/core/snapshot/encode.ts';
import type { ManagerState } from '../../src/core/state.ts';
import { SETTINGS, variedStates } from './snapshot-history.ts';

/** Fields that a snapshot need not keep. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  // `links` is what the shell hears, `preparations` what executors do now, `massLoss` what follows from silence; the others are drained at the end of each turn, or come with the configuration.
  state: ['settings', 'links', 'massLoss', 'preparations', 'dirty', 'touchedRuns'],
  // What heartbeats and the stream say.
  executor: ['lastHeardMs', 'heardAtMs', 'disconnectedMs', 'cpuPercent', 'memoryBytes', 'loopLagMs'],
  // Made from the names; stories are spoiled row by row below.
  run: ['index', 'size', 'stories', 'tasks', 'graph', 'candidates'],
  tasks: [],
  graph: [],
  pass: [],
  // Asked again after a restart.
  fanOut: ['asked'],
};

type Part = Record<string, unknown>;
const part = (value: object): Part => value as Part;

/** All objects of one kind in a state. */
const PARTS: Readonly<Record<string, (state: ManagerState) => Part[]>> = {
  state: (state) => [part(state)],
  executor: (state) => [...state.executors.values()].map(part),
  run: (state) => [...state.runs.values()].map(part),
  tasks: (state) => [...state.runs.values()].map((run) => part(run.tasks)),
  graph: (state) => [...state.runs.values()].map((run) => part(run.graph)),
  pass: (state) => [...state.runs.values()].flatMap((run) => run.passes.map(part)),
  fanOut: (state) =>
    [...state.runs.values()].flatMap((run) => run.passes.flatMap((pass) => (pass.fanOut === null ? [] : [part(pass.fanOut)]))),
};

function spoiled(value: unknown): unknown {
  if (value instanceof Map || value instanceof Set) return new (value.constructor as new () => object)();
  if (ArrayBuffer.isView(value)) return (value as Uint8Array).map((one) => one + 1);
  if (Array.isArray(value)) return [];
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string') return `${value}?`;
  if (typeof value === 'boolean') return !value;
  if (value === null) return 'nothing';
  return null;
}

const states = variedStates();
const copies = () => states.map((state) => decodeState([...encodeState(state)], SETTINGS));
const said = (all: readonly ManagerState[]) => all.map(look);

/** What the digest says, or that it could not say it any more. */
function look(state: ManagerState): string {
  try {
    return JSON.stringify(digest(state, true));
  } catch (error) {
    return `broken: ${String(error)}`;
  }
}

describe('the digest sees a loss of', () => {
  const whole = said(copies());
  for (const [kind, find] of Object.entries(PARTS)) {
    const fields = [...new Set(states.flatMap((state) => find(state).flatMap(Object.keys)))].filter(
      (name) => !LEFT_OUT[kind]!.includes(name),
    );
    test.each(fields)(`${kind} %s`, (name) => {
      const lossy = copies();
      for (const state of lossy) for (const one of find(state)) one[name] = spoiled(one[name]);
      expect(said(lossy)).not.toEqual(whole);
    });
  }

  test('a story', () => {
    const lossy = copies();
    for (const state of lossy) for (const run of state.runs.values()) run.stories.set(0, [], 0);
    expect(said(lossy)).not.toEqual(whole);
  });

  test('who may begin', () => {
    const lossy = copies();
    for (const state of lossy) for (const run of state.runs.values()) for (const row of [...run.candidates]) run.candidates.delete(row);
    expect(said(lossy)).not.toEqual(whole);
  });
});

test('what is left out is there to be left out', () => {
  for (const [kind, names] of Object.entries(LEFT_OUT)) {
    const there = new Set(states.flatMap((state) => PARTS[kind]!(state).flatMap(Object.keys)));
    expect(names.filter((name) => !there.has(name))).toEqual([]);
  }
});
