import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BLOCK, BLOCK_USERS, makeProgram, PLANE_WORDS, runProgram, type Step, transpose32 } from '../../src/engine/planes.ts';

it('transposes: bit j of word i goes to bit i of word j, and back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: BLOCK, maxLength: BLOCK }), (rows) => {
      const words = Int32Array.from(rows);
      transpose32(words);
      for (let i = 0; i < BLOCK; i += 1) for (let j = 0; j < BLOCK; j += 1) expect((words[j]! >>> i) & 1).toBe((rows[i]! >>> j) & 1);
      transpose32(words);
      expect([...words]).toEqual(rows);
    }),
    { numRuns: 30 },
  );
});

type Value = 'T' | 'F' | 'U';

/** The table of operators.md 1, one user at a time. */
function combine(logic: Step['logic'], k: number, children: readonly Value[]): Value {
  const trues = children.filter((child) => child === 'T').length;
  const falses = children.filter((child) => child === 'F').length;
  const not = (value: Value): Value => (value === 'T' ? 'F' : value === 'F' ? 'T' : 'U');
  const all: Value = trues === children.length ? 'T' : falses > 0 ? 'F' : 'U';
  const any: Value = trues > 0 ? 'T' : falses === children.length ? 'F' : 'U';
  switch (logic) {
    case 'AND':
      return all;
    case 'OR':
      return any;
    case 'NOT':
    case 'NONE':
      return not(any);
    case 'NOT_ALL':
      return not(all);
    case 'AT_LEAST':
      return trues >= k ? 'T' : children.length - falses < k ? 'F' : 'U';
    case 'TRUE_ONLY':
      return children[0] === 'T' ? 'T' : 'F';
  }
}

it('combines as the table of groups says, for every user of a block', () => {
  const logic = fc.constantFrom<Step['logic']>('AND', 'OR', 'NOT', 'NONE', 'NOT_ALL', 'AT_LEAST', 'TRUE_ONLY');
  const users = fc.array(fc.array(fc.constantFrom<Value>('T', 'F', 'U'), { minLength: BLOCK_USERS, maxLength: BLOCK_USERS }), {
    minLength: 1,
    maxLength: 7,
  });
  fc.assert(
    fc.property(logic, users, fc.nat(6), (kind, columns, nat) => {
      const children = kind === 'NOT' || kind === 'TRUE_ONLY' ? columns.slice(0, 1) : columns;
      const k = 1 + (nat % children.length);
      const t = new Int32Array((children.length + 1) * PLANE_WORDS);
      const f = new Int32Array((children.length + 1) * PLANE_WORDS);
      const wordOf = (slot: number, user: number): number => slot * PLANE_WORDS + (user >>> 5);
      children.forEach((column, slot) => {
        column.forEach((value, user) => {
          if (value === 'T') t[wordOf(slot, user)]! |= 1 << (user & 31);
          if (value === 'F') f[wordOf(slot, user)]! |= 1 << (user & 31);
        });
      });
      const into = children.length;
      runProgram(makeProgram([{ into, logic: kind, k, from: Int32Array.from(children.keys()) }]), t, f);
      for (let user = 0; user < BLOCK_USERS; user += 1) {
        const at = wordOf(into, user);
        expect(t[at]! & f[at]!).toBe(0);
        const got = (t[at]! >>> (user & 31)) & 1 ? 'T' : (f[at]! >>> (user & 31)) & 1 ? 'F' : 'U';
        expect(got).toBe(
          combine(
            kind,
            k,
            children.map((column) => column[user]!),
          ),
        );
      }
    }),
    { numRuns: 100 },
  );
});
