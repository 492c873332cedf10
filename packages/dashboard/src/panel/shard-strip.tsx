import type { InstanceRecord, ShardState } from '@tagmill/shared/feed/views';
import type { InstanceState } from '@tagmill/shared/words';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { useShards } from '../feed/hooks.ts';
import { count } from '../ui/format.ts';
import { shardCells, shardTotals } from './shard-cells.ts';

const LEFT: ReadonlySet<InstanceState> = new Set(['stopped', 'skipped']);
const SHOWN: readonly ShardState[] = ['done', 'running', 'failed', 'waiting'];

/** The shards of the step under way as a strip of cells with its legend. */
export function ShardStrip({ task }: { readonly task: InstanceRecord }): ReactElement | null {
  const { t } = useTranslation();
  const shards = useShards(task.id);
  if (shards === undefined || shards.total === 0) return null;
  const totals = shardTotals(shards);
  // A task that left its pass keeps its own count; the shards told here are then those of the pass that went on without it.
  if (LEFT.has(task.state) && totals.done !== task.shardsDone) return null;
  return (
    <section className="tm-section">
      <h3>
        {t('panel.shards')}
        {shards.step !== null && <small>{t('panel.shardsStep', { step: t(`step.${shards.step}`) })}</small>}
      </h3>
      <div className="tm-legend">
        {SHOWN.map((state) => (
          <span key={state}>
            <i data-shard={state} aria-hidden="true" />
            {t(`shard.${state}`)} <b>{count(totals[state])}</b>
          </span>
        ))}
      </div>
      <div
        className="tm-cells"
        role="img"
        aria-label={SHOWN.map((state) => `${t(`shard.${state}`)} ${totals[state]}`).join(', ')}
        data-testid="shard-strip"
      >
        {shardCells(shards).map((cell) => {
          const partly = cell.state === 'running' ? Math.round((100 * cell.shards.done) / cell.count) : 0;
          const what = SHOWN.filter((state) => cell.shards[state] > 0).map((state) =>
            cell.count === 1 ? t(`shard.${state}`) : `${cell.shards[state]} ${t(`shard.${state}`)}`,
          );
          return (
            <i
              key={cell.first}
              data-shard={cell.state}
              style={
                partly > 0 ? { backgroundImage: `linear-gradient(to top, var(--tm-ok-3) ${partly}%, transparent ${partly}%)` } : undefined
              }
              title={t('panel.cell', { count: cell.count, first: cell.first, last: cell.first + cell.count - 1, what: what.join(', ') })}
            />
          );
        })}
      </div>
    </section>
  );
}
