import fc from 'fast-check';
import type { ShardState } from '@tagmill/shared/feed/views';
import { instanceId } from '@tagmill/shared/ids';
import { describe, expect, it } from 'vitest';
import { fit, reveal, zoomAt } from '../src/graph/camera.ts';
import { pathThrough } from '../src/graph/path.ts';
import { CELLS, shardCells, shardTotals } from '../src/panel/shard-cells.ts';
import { type Entry, fitting } from '../src/palette/entries.ts';
import { shownIds } from '../src/run/use-run-view.ts';
import { instanceOf } from '../dev/fake-records.ts';
import { FakeWorld } from '../dev/fake-world.ts';
import { businessDate, bytes, clock, duration, sentence, signed } from '../src/ui/format.ts';

const STATES: readonly ShardState[] = ['done', 'running', 'failed', 'waiting'];

const anyShards = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.constantFrom(...STATES)), { minLength: 1, maxLength: 30 })
  .map((parts) => {
    let first = 0;
    const ranges = parts.map(([count, state]): readonly [number, number, ShardState] => {
      first += count;
      return [first - count, count, state];
    });
    return { step: 'evaluate' as const, total: first, ranges };
  });

describe('shard strip', () => {
  it('has at most 64 cells that together hold every shard once', () => {
    fc.assert(
      fc.property(anyShards, (record) => {
        const cells = shardCells(record);
        expect(cells.length).toBe(Math.min(CELLS, record.total));
        for (const state of STATES) expect(cells.reduce((sum, cell) => sum + cell.shards[state], 0)).toBe(shardTotals(record)[state]);
        for (const cell of cells) expect(STATES.reduce((sum, state) => sum + cell.shards[state], 0)).toBe(cell.count);
      }),
    );
  });

  it('lets one failed shard show in its cell', () => {
    const cells = shardCells({
      step: 'merge',
      total: 100_000,
      ranges: [
        [0, 70_000, 'done'],
        [70_000, 1, 'failed'],
        [70_001, 29_999, 'waiting'],
      ],
    });
    expect(cells.filter((cell) => cell.state === 'failed')).toHaveLength(1);
  });

  it('is empty without shards', () => {
    expect(shardCells({ step: null, total: 0, ranges: [] })).toEqual([]);
  });
});

describe('camera', () => {
  const view = { width: 800, height: 600 };

  it('fits all of a graph, never larger than life', () => {
    expect(fit({ x: 0, y: 0, width: 100, height: 50 }, view).scale).toBe(1);
    const camera = fit({ x: 0, y: 0, width: 4_000, height: 100 }, view);
    expect(camera.x + 4_000 * camera.scale).toBeLessThanOrEqual(800);
  });

  it('keeps the point under the pointer when it zooms', () => {
    const before = { x: 30, y: 40, scale: 1 };
    const after = zoomAt(before, 1.5, 200, 100);
    expect((200 - after.x) / after.scale).toBeCloseTo((200 - before.x) / before.scale);
  });

  it('does not move for what is in view', () => {
    const camera = { x: 20, y: 40, scale: 1 };
    expect(reveal(camera, { x: 10, y: 10, width: 100, height: 30 }, view)).toBe(camera);
    expect(reveal(camera, { x: 900, y: 10, width: 100, height: 30 }, view).x).toBeLessThan(20);
  });
});

describe('path of a selection', () => {
  it('holds what is up- and downstream, not what is beside it', () => {
    const edges = [
      { from: 'plan', to: 'a' },
      { from: 'plan', to: 'b' },
      { from: 'a', to: 'report' },
      { from: 'b', to: 'report' },
    ];
    expect([...pathThrough(['a'], edges)].sort()).toEqual(['a', 'plan', 'report']);
  });
});

describe('filter', () => {
  const world = new FakeWorld(0);
  world.tasks[3]!.held = true;
  const id = (name: string): string => instanceId(world.runId, name);
  const records = Object.fromEntries(world.tasks.map((task) => [task.id, instanceOf(task)]));

  it('finds by name, tag number, state and the held flag', () => {
    expect(shownIds(records, [], '')).toBeNull();
    expect([...(shownIds(records, [], 'VIP') ?? [])]).toEqual([id('VIP customer')]);
    expect([...(shownIds(records, [], '23') ?? [])]).toEqual([id('VIP customer')]);
    expect([...(shownIds(records, ['held'], '') ?? [])]).toEqual([world.tasks[3]!.id]);
    expect([...(shownIds(records, ['pending'], '') ?? [])]).toEqual([id('plan')]);
    expect(shownIds(records, ['failed'], '')?.size).toBe(0);
  });
});

describe('numbers and times', () => {
  it('writes durations as people read them', () => {
    expect([0, 2_400, 9_960, 45_000, 252_000, 3_780_000, -5].map(duration)).toEqual([
      '0.0s',
      '2.4s',
      '10s',
      '45s',
      '4m 12s',
      '1h 03m',
      '0.0s',
    ]);
  });

  it('begins a sentence of the manager with a capital, but leaves names alone', () => {
    expect(['waits for plan', 'user_tags is not touched', 'VIP客户 waits', '高净值 waits', ''].map(sentence)).toEqual([
      'Waits for plan',
      'user_tags is not touched',
      'VIP客户 waits',
      '高净值 waits',
      '',
    ]);
  });

  it('writes counts, sizes, dates and clocks', () => {
    expect(signed(1_204, '−')).toBe('−1,204');
    expect([0, 999, 1_200, 1_420_000_000].map(bytes)).toEqual(['0 B', '999 B', '1.2 KB', '1.4 GB']);
    expect(businessDate('2026-11-20', 'en')).toBe('20 Nov 2026');
    expect(businessDate('2026-11-20', 'zh')).toBe('2026-11-20');
    expect(clock(Date.UTC(2026, 10, 20, 0, 43, 59), 'Asia/Shanghai')).toBe('08:43:59');
    expect(clock(Date.UTC(2026, 10, 20, 0, 43, 59), 'No/Where')).toBe('00:43:59');
  });
});

describe('the palette', () => {
  const entry = (label: string, hint = ''): Entry => ({ id: label, kind: 'tag', label, hint });
  const labels = (typed: string, most?: number): string[] =>
    fitting([entry('Promo responder'), entry('Skip Promo responder…'), entry('VIP', 'tag 5'), entry('高净值用户')], typed, most).map(
      (one) => one.label,
    );
  it('finds what has every word, in any case and language, what begins with it first', () => {
    expect(labels('SKIP promo')).toEqual(['Skip Promo responder…']);
    expect(labels('promo')).toEqual(['Promo responder', 'Skip Promo responder…']);
    expect(labels('skip')).toEqual(['Skip Promo responder…']);
    expect(labels('tag 5')).toEqual(['VIP']);
    expect(labels('净值')).toEqual(['高净值用户']);
    expect(labels('nothing')).toEqual([]);
    expect(labels('', 2)).toHaveLength(2);
  });
});
