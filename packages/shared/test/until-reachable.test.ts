import { describe, expect, test } from 'vitest';
import { TagmillError } from '../src/errors.ts';
import { untilReachable } from '../src/until-reachable.ts';

const away = () => new TagmillError('DATABASE_UNAVAILABLE', 'the database is away');

describe('a server that may come back', () => {
  test('is asked again, and the wait is told once', async () => {
    let tries = 0;
    const told: string[] = [];
    const reach = () => (++tries < 3 ? Promise.reject(away()) : Promise.resolve('here'));
    expect(await untilReachable(reach, (why) => told.push(why))).toBe('here');
    expect(tries).toBe(3);
    expect(told).toEqual(['the database is away']);
  });

  test('is given up after the time, with its own error', async () => {
    await expect(
      untilReachable(
        () => Promise.reject(away()),
        () => undefined,
        100,
      ),
    ).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });

  test('is not asked again when that cannot help', async () => {
    let tries = 0;
    const denied = () => {
      tries += 1;
      return Promise.reject(new TagmillError('DATABASE_DENIED', 'wrong password'));
    };
    await expect(untilReachable(denied, () => undefined)).rejects.toMatchObject({ code: 'DATABASE_DENIED' });
    expect(tries).toBe(1);
  });
});
