import { describe, expect, it } from 'vitest';
import { markLast, withLast } from '../../src/merge/ahead.ts';

describe('marking the last', () => {
  it.each([[[]], [[1]], [[1, 2, 3]]])('%j', async (items) => {
    const expected = items.map((item, at) => ({ item, last: at === items.length - 1 }));
    expect([...markLast(items)]).toEqual(expected);
    const found = [];
    for await (const marked of withLast(items)) found.push(marked);
    expect(found).toEqual(expected);
  });

  it('asks for no more than one ahead', async () => {
    let asked = 0;
    async function* source() {
      for (; asked < 10; ) yield ++asked;
    }
    const marked = withLast(source());
    await marked.next();
    expect(asked).toBe(2);
    await marked.return(undefined);
  });
});
