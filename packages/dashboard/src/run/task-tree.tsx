/**
 * All tasks of the run as a tree, domain > task: the graph's twin for keyboards
 * and readers, with the same selection, and the quick way to a task for all.
 */
import type { InstanceRecord } from '@tagmill/shared/feed/views';
import type { TFunction } from 'i18next';
import { Fragment, type KeyboardEvent, memo, type ReactElement, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Glyph } from '../ui/glyph.tsx';
import type { LaneGroup } from './lanes.ts';

interface Props {
  readonly groups: readonly LaneGroup[];
  readonly shown: ReadonlySet<string> | null;
  readonly selected: readonly string[];
  /** `open` moves the focus to the panel as well. */
  readonly onSelect: (id: string, how: { readonly add: boolean; readonly open: boolean }) => void;
}

/** With more tasks than this in a lane, the rest is reached by find. */
const LANE_LIMIT = 120;

/** What a reader says of a task after its name: "running, 37 of 64 shards, 2 failed, waits for slots". */
export function spokenDetails(one: InstanceRecord, t: TFunction): string {
  const parts = [t(`state.${one.state}`)];
  if (one.held) parts.push(t('node.held'));
  if (one.shardsTotal > 0) parts.push(t('node.shards', { done: one.shardsDone, total: one.shardsTotal }));
  if (one.shardsFailed > 0) parts.push(t('node.failed', { count: one.shardsFailed }));
  if (one.reason !== null) parts.push(one.reason);
  return `, ${parts.join(', ')}`;
}

export function TaskTree({ groups, shown, selected, onSelect }: Props): ReactElement {
  const { t } = useTranslation();
  const tree = useRef<HTMLDivElement>(null);
  const first = groups[0]?.tasks[0]?.id;
  const tabStop = selected[0] ?? first;
  const known = groups.some((group) => group.tasks.some((one) => one.id === tabStop)) ? tabStop : first;
  const keys = (event: KeyboardEvent): void => {
    const rows = [...(tree.current?.querySelectorAll<HTMLElement>('[data-task]') ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    const row = rows[at];
    if (to !== undefined) {
      rows[Math.max(0, Math.min(rows.length - 1, to))]?.focus();
      event.preventDefault();
    } else if (row !== undefined && (event.key === 'Enter' || event.key === ' ')) {
      onSelect(row.dataset['task'] ?? '', { add: event.key === ' ', open: event.key === 'Enter' });
      event.preventDefault();
    }
  };
  return (
    <div className="tm-tree" role="tree" aria-label={t('side.tree')} aria-multiselectable="true" ref={tree} onKeyDown={keys}>
      {groups.map((group) => {
        const passing = group.tasks.filter((one) => shown === null || shown.has(one.id));
        const rows = passing.slice(0, LANE_LIMIT);
        const end = group.lane === 'plan' || group.lane === 'report';
        if (rows.length === 0) return null;
        return (
          <Fragment key={group.lane}>
            {!end && (
              <div role="treeitem" aria-expanded="true" aria-level={1} aria-selected="false" tabIndex={-1} className="tm-lane-name">
                {t(`domain.${group.lane}`)}
              </div>
            )}
            {rows.map((one) => (
              <TaskRow
                key={one.id}
                task={one}
                level={end ? 1 : 2}
                selected={selected.includes(one.id)}
                tabStop={one.id === known}
                onSelect={onSelect}
              />
            ))}
            {passing.length > rows.length && (
              <div role="treeitem" aria-level={2} aria-selected="false" tabIndex={-1} className="tm-more">
                {t('side.more', { count: passing.length - rows.length })}
              </div>
            )}
          </Fragment>
        );
      })}
    </div>
  );
}

interface RowProps {
  readonly task: InstanceRecord;
  readonly level: number;
  readonly selected: boolean;
  readonly tabStop: boolean;
  readonly onSelect: Props['onSelect'];
}

const TaskRow = memo(function TaskRow({ task, level, selected, tabStop, onSelect }: RowProps): ReactElement {
  const { t } = useTranslation();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree handles the keys of all its rows
    <div
      role="treeitem"
      aria-level={level}
      aria-selected={selected}
      tabIndex={tabStop ? 0 : -1}
      className="tm-task"
      data-task={task.id}
      data-state={task.state}
      data-held={task.held}
      data-testid={`node-${task.name}`}
      onClick={(event) => {
        event.stopPropagation();
        onSelect(task.id, { add: event.shiftKey, open: false });
      }}
    >
      <span className="tm-task-name">{task.name}</span>
      <span className="tm-sr">{spokenDetails(task, t)}</span>
      <span className="tm-task-count" aria-hidden="true">
        {task.shardsTotal > 0 ? `${task.shardsDone}/${task.shardsTotal}` : ''}
      </span>
      {task.held && <Glyph mark="held" size={13} />}
      <Glyph mark={task.state} size={13} />
    </div>
  );
});
