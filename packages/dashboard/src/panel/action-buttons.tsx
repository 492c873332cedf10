/** The nine actions. One that is refused stays where it is, can be focused, and says why. */
import { Tooltip } from '@mantine/core';
import type { InstanceRecord } from '@tagmill/shared/feed/views';
import { ACTIONS, type Action } from '@tagmill/shared/words';
import { Check, CirclePlay, ListRestart, type LucideIcon, Pause, Play, RefreshCw, SkipForward, Square, Undo2 } from 'lucide-react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { useHindrance } from '../feed/hooks.ts';
import { Key } from '../ui/key.tsx';

export const ACTION_ICON: Readonly<Record<Action, LucideIcon>> = {
  run: Play,
  skip: SkipForward,
  stop: Square,
  hold: Pause,
  release: CirclePlay,
  retry: RefreshCw,
  rerun: ListRestart,
  'mark-success': Check,
  rollback: Undo2,
};

export const ACTION_KEY: Readonly<Record<Action, string>> = {
  run: 'R',
  skip: 'S',
  stop: 'X',
  hold: 'H',
  release: 'L',
  retry: 'T',
  rerun: 'E',
  'mark-success': 'M',
  rollback: 'B',
};

/** Why an action cannot be taken on all of these now; null when at least one takes it. */
export function refusalOf(records: readonly InstanceRecord[], action: Action, many: string): string | null {
  if (records.some((one) => one.refusals[action] === null)) return null;
  return records.length === 1 ? (records[0]!.refusals[action] ?? null) : many;
}

/** The likeliest safe way forward, drawn in ink; none while all goes well. */
function primaryOf(records: readonly InstanceRecord[]): Action | null {
  const one = records[0];
  if (one === undefined) return null;
  if (one.held) return 'release';
  if (one.state === 'failed' || one.shardsFailed > 0) return 'retry';
  if (one.state === 'stopped') return one.refusals.retry === null ? 'retry' : 'run';
  return one.state === 'pending' && one.gate === 'manual' ? 'run' : null;
}

interface Props {
  readonly records: readonly InstanceRecord[];
  readonly only?: readonly Action[];
  readonly onAction: (action: Action) => void;
}

export function ActionButtons({ records, only, onAction }: Props): ReactElement {
  const { t } = useTranslation();
  const off = useHindrance();
  const primary = primaryOf(records);
  // Its check has held it: these two say what becomes of it.
  const byCheck = records.length > 0 && records.every((one) => one.held && one.breach?.releasedBy === null);
  const failed = records.length === 1 ? records[0]!.shardsFailed : 0;
  return (
    <div className="tm-actions" role="toolbar" aria-label={t('panel.actions')}>
      {(only ?? ACTIONS).map((action) => {
        const refusal = off !== null ? t(`panel.off.${off}`) : refusalOf(records, action, t('panel.refusedAll'));
        const Icon = ACTION_ICON[action];
        const answers = byCheck && (action === 'release' || action === 'stop');
        const label =
          action === 'retry' && failed > 0
            ? t('actionCount.retry', { count: failed })
            : answers
              ? t(`actionByCheck.${action}`)
              : t(`action.${action}`);
        return (
          <Tooltip
            key={action}
            label={refusal ?? ''}
            disabled={refusal === null}
            multiline
            maw={280}
            events={{ hover: true, focus: true, touch: true }}
          >
            <button
              type="button"
              className="tm-button"
              data-primary={action === primary && refusal === null}
              data-testid={`action-${action}`}
              aria-disabled={refusal !== null}
              aria-description={refusal ?? undefined}
              onClick={() => {
                if (refusal === null) onAction(action);
              }}
            >
              <Icon size={14} aria-hidden="true" />
              <span>{label}</span>
              <Key>{ACTION_KEY[action]}</Key>
            </button>
          </Tooltip>
        );
      })}
    </div>
  );
}
