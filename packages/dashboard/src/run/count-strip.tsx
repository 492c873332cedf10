/** Counts per state, each a toggle that filters graph and list; then the fleet in three figures. */
import { Tooltip } from '@mantine/core';
import type { InstanceRecord } from '@tagmill/shared/feed/views';
import type { MouseEvent, ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { useExecutors, useFleet, useManagerNow, useTopic } from '../feed/hooks.ts';
import type { Mark } from '../theme/tokens.ts';
import { count, duration } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';

/** In the order in which a task passes through them. */
export const STRIP: readonly Mark[] = [
  'unregistered',
  'registered',
  'pending',
  'running',
  'confirming',
  'succeeded',
  'failed',
  'skipped',
  'stopping',
  'stopped',
  'held',
];

export function countStates(records: Readonly<Record<string, InstanceRecord>>): Readonly<Record<Mark, number>> {
  const counts = Object.fromEntries(STRIP.map((mark) => [mark, 0])) as Record<Mark, number>;
  for (const one of Object.values(records)) {
    counts[one.state] += 1;
    if (one.held) counts.held += 1;
  }
  return counts;
}

interface Props {
  readonly counts: Readonly<Record<Mark, number>>;
  readonly chosen: readonly Mark[];
  readonly onChoose: (marks: readonly Mark[]) => void;
}

export function CountStrip({ counts, chosen, onChoose }: Props): ReactElement {
  const { t } = useTranslation();
  const toggle = (mark: Mark, event: MouseEvent): void => {
    const on = chosen.includes(mark);
    if (event.shiftKey) onChoose(on ? chosen.filter((one) => one !== mark) : [...chosen, mark]);
    else onChoose(on && chosen.length === 1 ? [] : [mark]);
  };
  return (
    <section className="tm-strip" aria-label={t('counts.label')}>
      <div className="tm-strip-states">
        {STRIP.filter((mark) => mark !== 'held' || counts.held > 0 || chosen.includes('held')).map((mark) => (
          <button
            key={mark}
            type="button"
            className="tm-count"
            data-zero={counts[mark] === 0}
            data-count={counts[mark]}
            data-testid={`count-${mark}`}
            aria-pressed={chosen.includes(mark)}
            title={t('counts.filter', { state: t(`state.${mark}`) })}
            onClick={(event) => toggle(mark, event)}
          >
            <Glyph mark={mark} />
            <span>{t(`state.${mark}`)}</span> <b>{count(counts[mark])}</b>
          </button>
        ))}
      </div>
      <FleetFigures />
    </section>
  );
}

function FleetFigures(): ReactElement | null {
  const { t } = useTranslation();
  useTopic('executors');
  const fleet = useFleet();
  const executors = Object.values(useExecutors());
  const nowMs = useManagerNow();
  if (fleet === undefined) return null;
  const share = fleet.slots === 0 ? 0 : Math.min(1, fleet.slotsUsed / fleet.slots);
  const oldest = fleet.oldestWaitSinceMs === null ? t('counts.none') : duration(nowMs - fleet.oldestWaitSinceMs);
  return (
    <div className="tm-strip-fleet">
      <Tooltip label={t('counts.queueHelp')}>
        <span>
          {t('counts.queue')} <b data-testid="queue">{count(fleet.shardsWaiting)}</b>
        </span>
      </Tooltip>
      <Tooltip label={t('counts.oldestHelp')}>
        <span>
          {t('counts.oldest')} <b>{oldest}</b>
        </span>
      </Tooltip>
      <Tooltip label={t('counts.slotsHelp')}>
        <span className="tm-strip-slots">
          {t('counts.slots')}{' '}
          <b data-bad={executors.length === 0} data-testid="slots">
            {fleet.slotsUsed}/{fleet.slots}
          </b>
          <i className="tm-meter" aria-hidden="true">
            <i style={{ width: `${share * 100}%` }} />
          </i>
        </span>
      </Tooltip>
    </div>
  );
}
