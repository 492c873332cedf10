/** Aggregates over the partitions of an event table that one window needs: one row for each user of theirs. */
import type { CatalogField, RunClock } from '@tagmill/shared/fields';
import type { PlannedEvents, PlannedTable } from '@tagmill/shared/job';
import { formatDay, parseDay } from '@tagmill/shared/rules/calendar';
import type { AggregateLeaf } from '@tagmill/shared/rules/normal';
import {
  type AggregateNames,
  type AggregateSql,
  aggregateSql,
  columnsOfAggregate,
  withMissing,
} from '@tagmill/shared/rules/wide/aggregate-sql';
import { daysOfWindow } from '@tagmill/shared/rules/wide/windows';
import { identifier } from '../duckdb.ts';
import { readColumn } from '../leaf-sql.ts';
import { CAST_ERRORS, KEY } from '../scan-sql.ts';
import type { DerivedDraft, DerivedPassTable } from './drafts.ts';

/** Partitions that a leaf reads. */
interface Partitions {
  readonly key: string;
  readonly table: PlannedTable;
  /** Every partition that it needs is there. */
  readonly whole: boolean;
}

const dayNumber = (text: string): number => {
  const day = parseDay(text);
  if (day === null) throw new Error(`"${text}" is no day of a run's clock`);
  return day;
};

/** The partitions that a leaf needs, of those that the plan has pinned. */
export function partitionsOf(leaf: AggregateLeaf, events: PlannedEvents, clock: RunClock): Partitions {
  const tableOf = (days: PlannedEvents['days']): PlannedTable => ({
    name: leaf.table.name,
    objects: days.flatMap((day) => day.objects),
    rows: days.reduce((sum, day) => sum + day.rows, 0),
  });
  if (leaf.table.partitions === 'snapshot') {
    const own = events.days.filter(({ day }) => day === events.runDay);
    return { key: leaf.table.name, table: tableOf(own), whole: own.length > 0 };
  }
  const today = dayNumber(clock.today);
  const { from, to } = leaf.window === undefined ? { from: today + 1, to: today } : daysOfWindow(leaf.window, today);
  const last = Math.min(to, today);
  const own = events.days.filter(({ day }) => dayNumber(day) >= from && dayNumber(day) <= last);
  const key = from > last ? `${leaf.table.name} of no day` : `${leaf.table.name} ${formatDay(from)} ${formatDay(last)}`;
  return { key, table: tableOf(own), whole: leaf.window !== undefined && own.length === Math.max(0, last - from + 1) };
}

export class EventDraft implements DerivedDraft {
  /** Without a node: whether the user has a row in the partitions at all. */
  readonly leaves: { readonly node: AggregateLeaf | null; slot: number }[] = [];
  readonly #partitions: Partitions;
  readonly #fields = new Map<string, CatalogField>();

  constructor(partitions: Partitions) {
    this.#partitions = partitions;
  }

  add(node: AggregateLeaf): { slot: number } {
    for (const field of columnsOfAggregate(node)) this.#fields.set(field.name, field);
    const leaf = { node, slot: -1 };
    this.leaves.push(leaf);
    return leaf;
  }

  present(): { slot: number } {
    const known = this.leaves.find(({ node }) => node === null);
    if (known !== undefined) return known;
    const leaf = { node: null, slot: -1 };
    this.leaves.push(leaf);
    return leaf;
  }

  table(clock: RunClock): DerivedPassTable {
    const { key, table, whole } = this.#partitions;
    const compiled = this.leaves.map(({ node }, at) => (node === null ? presentSql(at) : aggregateSql(node, clock, namesOf(at))));
    const parts = compiled.flatMap((one, at) => one.parts.map(({ sql, type }, part) => ({ name: partName(at, part), sql, type })));
    return {
      table: { ...table, name: key, objects: [] },
      columns: parts.map(({ name, type }) => ({ name, sqlType: type, read: (_: string, raw: string) => raw, castError: () => null })),
      leaves: whole
        ? compiled.map((one) => one.holds)
        : this.leaves.map(({ node }, at) => (node === null ? compiled[at]!.holds : withMissing(node, 'CAST(NULL AS BOOLEAN)'))),
      firstSlot: this.leaves[0]?.slot ?? 0,
      derived: {
        sources: [{ table, columns: [...this.#fields.values()].map((field) => readColumn(field, clock)) }],
        relation(rows) {
          const counted = compiled.map((one, at) => `, ${one.counted} AS ${identifier(countedName(at))}`).join('');
          const selected = parts.map(({ name, sql }) => `, ${sql} AS ${identifier(name)}`).join('');
          const counting = `SELECT *${counted} FROM (${rows[0]})`;
          return `SELECT ${KEY}, sum(${CAST_ERRORS}) AS ${CAST_ERRORS}${selected} FROM (${counting}) GROUP BY ${KEY}`;
        },
      },
    };
  }
}

const presentSql = (at: number): AggregateSql => ({
  counted: 'TRUE',
  parts: [{ sql: 'count(*)', type: 'BIGINT' }],
  holds: `(coalesce(${identifier(partName(at, 0))}, 0) > 0)`,
});

const countedName = (at: number): string => `__tagmill_counted_${at}`;
const partName = (at: number, part: number): string => `__tagmill_part_${at}_${part}`;

const namesOf = (at: number): AggregateNames => ({
  column: (field) => identifier(field.name),
  counted: identifier(countedName(at)),
  part: (part) => identifier(partName(at, part)),
});
