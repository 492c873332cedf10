/** The run screen: see the truth of a run and act on it. */
import { useMantineColorScheme, useComputedColorScheme } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { InstanceRecord } from '@tagmill/shared/feed/views';
import type { Action } from '@tagmill/shared/words';
import { type ReactElement, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { feed } from '../feed/browser.ts';
import { runTopic, useEdges, useInstances, useLoaded, useManagerNow, useRefused, useRun, useTopic } from '../feed/hooks.ts';
import { hindrance } from '../feed/service.ts';
import { Announcer } from '../frame/announcer.tsx';
import { GraphView, type GraphHandle } from '../graph/graph-view.tsx';
import type { Layout } from '../graph/layout.ts';
import { pathThrough } from '../graph/path.ts';
import type { PreviewMark, Scene } from '../graph/scene.ts';
import { useLayout } from '../graph/use-layout.ts';
import { PreviewPanel } from '../panel/preview-panel.tsx';
import { TaskPanel } from '../panel/task-panel.tsx';
import { cardText } from '../run/card-text.ts';
import { CountStrip, countStates } from '../run/count-strip.tsx';
import { GraphBar, PreviewBanner } from '../run/graph-bar.tsx';
import { groupByLane, isDone } from '../run/lanes.ts';
import { PhoneRun } from '../run/phone-run.tsx';
import { closePreview, openPreview, settleAsked, useAsked, usePreview } from '../run/preview-store.ts';
import { RecentRuns } from '../run/recent-runs.tsx';
import { TaskTree } from '../run/task-tree.tsx';
import { useRunKeys } from '../run/use-run-keys.ts';
import { type RunView, shownIds, useRunView } from '../run/use-run-view.ts';
import { TOKENS } from '../theme/tokens.ts';
import { Key } from '../ui/key.tsx';

export function RunPage({ runId }: { readonly runId: string }): ReactElement {
  const { t } = useTranslation();
  const topic = runTopic(runId);
  useTopic(topic);
  useTopic('runs');
  const loaded = useLoaded(topic);
  const refused = useRefused(topic);
  const [, go] = useLocation();
  if (refused !== null) {
    return (
      <main className="tm-note-page">
        <h1>{t('graph.gone')}</h1>
        <p>{refused.message}</p>
        <code>{refused.code}</code>
        <button type="button" className="tm-button" data-primary="true" onClick={() => go('/')}>
          {t('graph.backToRuns')}
        </button>
      </main>
    );
  }
  return loaded ? <Run runId={runId} key={runId} /> : <Loading />;
}

function Loading(): ReactElement {
  const { t } = useTranslation();
  return (
    <main className="tm-loading" aria-busy="true">
      <span className="tm-sr">{t('graph.loading')}</span>
      {[0, 1, 2, 3, 4].map((row) => (
        <i key={row} style={{ width: `${60 - row * 8}%` }} />
      ))}
    </main>
  );
}

function Run({ runId }: { readonly runId: string }): ReactElement {
  const run = useRun(runId);
  const records = useInstances(runId);
  const edges = useEdges(runId);
  const view = useRunView(runId);
  const phone = useMediaQuery('(max-width: 639px)', undefined, { getInitialValueInEffect: false }) ?? false;
  const counts = useMemo(() => countStates(records), [records]);
  const groups = useMemo(() => groupByLane(records), [records]);
  const shown = useMemo(() => shownIds(records, view.states, view.find), [records, view.states, view.find]);
  const tasks = useMemo(() => view.selected.flatMap((id) => records[id] ?? []), [view.selected, records]);
  const target = usePreview((state) => state.target);
  const graph = useRef<GraphHandle>(null);
  useEffect(() => settleAsked(records), [records]);
  useEffect(() => closePreview, []);

  const act = useCallback(
    (action: Action): void => {
      const allowed = tasks.some((one) => one.refusals[action] === null);
      if (allowed && hindrance(feed.store.getState(), Date.now()) === null) openPreview({ runId, action, ids: tasks.map((one) => one.id) });
    },
    [tasks, runId],
  );
  const order = useMemo(() => groups.flatMap((group) => group.tasks.map((one) => one.id)), [groups]);
  const select = useSelect(view, graph);
  useRunKeys({
    order,
    records,
    edges,
    view,
    target,
    act,
    fit: () => graph.current?.fit(),
    select: (id) => select(id, { add: false, open: false }),
  });

  const panel =
    target !== null && target.runId === runId ? (
      <PreviewPanel target={target} records={records} key={`${target.action} ${target.ids.join()}`} />
    ) : (
      <TaskPanel
        tasks={tasks}
        records={records}
        edges={edges}
        timeZone={run?.timeZone ?? 'UTC'}
        onAction={act}
        onSelect={(id) => select(id, { add: false, open: false })}
        onClose={() => view.select([])}
      />
    );
  const announcer = <Announcer records={records} counts={counts} />;
  if (phone) {
    return (
      <>
        {announcer}
        <PhoneRun
          run={run}
          runId={runId}
          records={records}
          counts={counts}
          view={view}
          shown={shown}
          tasks={tasks}
          onAction={act}
          preview={target === null ? null : panel}
        />
      </>
    );
  }
  return (
    <>
      {announcer}
      <CountStrip counts={counts} chosen={view.states} onChoose={view.setStates} />
      <div className="tm-columns" data-panel={tasks.length > 0 || target !== null}>
        <aside className="tm-side">
          <RecentRuns runId={runId} />
          <TaskTree groups={groups} shown={shown} selected={view.selected} onSelect={select} />
        </aside>
        <main className="tm-centre">
          <Graph
            runId={runId}
            records={records}
            view={view}
            shown={shown}
            select={select}
            graph={graph}
            total={Object.keys(records).length}
            edgeCount={Object.keys(edges).length}
          />
        </main>
        <aside
          className="tm-panel"
          id="panel"
          tabIndex={-1}
          aria-labelledby={tasks.length > 0 && target === null ? 'panel-title' : undefined}
          data-testid="panel"
        >
          {panel}
        </aside>
      </div>
    </>
  );
}

export type Select = (id: string | null, how: { readonly add: boolean; readonly open: boolean }) => void;

/** Selecting closes an open preview, brings the node into view and, when opened by key, moves the focus to the panel. */
function useSelect(view: RunView, graph: { readonly current: GraphHandle | null }): Select {
  const latest = useRef(view);
  latest.current = view;
  return useCallback(
    (id, { add, open }) => {
      closePreview();
      const { selected, select } = latest.current;
      if (id === null) {
        select([]);
        return;
      }
      const next = add ? (selected.includes(id) ? selected.filter((one) => one !== id) : [...selected, id]) : [id];
      select(next);
      graph.current?.show([id]);
      if (open) requestAnimationFrame(() => document.getElementById('panel-title')?.focus());
    },
    [graph],
  );
}

interface GraphProps {
  readonly runId: string;
  readonly records: Readonly<Record<string, InstanceRecord>>;
  readonly view: RunView;
  readonly shown: ReadonlySet<string> | null;
  readonly select: Select;
  readonly graph: { readonly current: GraphHandle | null };
  readonly total: number;
  readonly edgeCount: number;
}

function Graph({ runId, records, view, shown, select, graph, total, edgeCount }: GraphProps): ReactElement {
  const edges = useEdges(runId);
  const layout = useLayout(records, edges);
  const [hover, setHover] = useState<string | null>(null);
  const scene = useScene({ layout, records, edges, view, shown, hover });
  const failed = useMemo(
    () =>
      Object.values(records)
        .filter((one) => one.state === 'failed')
        .map((one) => one.id),
    [records],
  );
  const target = usePreview((state) => state.target);
  const answer = usePreview((state) => state.answer);
  return (
    <>
      {target === null ? (
        <GraphBar
          view={view}
          total={total}
          edges={edgeCount}
          failed={failed}
          onNextFailed={() => select(nextOf(failed, view.selected[0]), { add: false, open: false })}
        />
      ) : (
        <PreviewBanner target={target} onFit={() => graph.current?.show(answer?.affected.map((one) => one.id) ?? [])} />
      )}
      {scene !== null && (
        <GraphView
          scene={scene}
          shapeKey={`${scene.layout.width}x${scene.layout.height}`}
          onHover={setHover}
          onSelect={(id, add) => select(id, { add, open: false })}
          handle={graph as { current: GraphHandle | null }}
        />
      )}
      {shown !== null && shown.size === 0 && <NothingShown total={total} onClear={view.clear} />}
    </>
  );
}

export const nextOf = (ids: readonly string[], now: string | undefined): string | null =>
  ids[(now === undefined ? -1 : ids.indexOf(now)) + 1] ?? ids[0] ?? null;

function NothingShown({ total, onClear }: { readonly total: number; readonly onClear: () => void }): ReactElement {
  const { t } = useTranslation();
  return (
    <div className="tm-nothing" role="status">
      <h2>{t('graph.nothing')}</h2>
      <p>{t('graph.nothingHelp', { count: total })}</p>
      <button type="button" className="tm-button" onClick={onClear}>
        {t('graph.clear')} <Key>esc</Key>
      </button>
    </div>
  );
}

interface SceneParts {
  readonly layout: Layout | null;
  readonly records: GraphProps['records'];
  readonly edges: ReturnType<typeof useEdges>;
  readonly view: RunView;
  readonly shown: ReadonlySet<string> | null;
  readonly hover: string | null;
}

function useScene({ layout, records, edges, view, shown, hover }: SceneParts): Scene | null {
  const { t } = useTranslation();
  useMantineColorScheme();
  const themeName = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const nowMs = useManagerNow();
  const answer = usePreview((state) => state.answer);
  const target = usePreview((state) => state.target);
  const asked = useAsked();
  const path = useMemo(
    () => (view.selected.length === 0 ? null : pathThrough(view.selected, Object.values(edges))),
    [view.selected, edges],
  );
  const lanes = useMemo(() => new Map(groupByLane(records).map((group) => [group.lane, group.tasks])), [records]);
  const preview = useMemo(() => {
    if (target === null || answer === null) return null;
    return new Map<string, PreviewMark>(
      answer.affected.map((one) => [one.id, { to: one.to, label: t(`state.${one.held ? 'held' : one.to}`) }]),
    );
  }, [target, answer, t]);
  return useMemo(() => {
    if (layout === null) return null;
    const levels = layout.columns.filter((column) => column.kind === 'task').length;
    return {
      layout,
      records,
      tokens: TOKENS[themeName],
      themeName,
      selected: new Set(view.selected),
      path,
      hover,
      shown,
      preview,
      asked: new Set(Object.keys(asked)),
      cardText: (record) => cardText(record, nowMs, t),
      laneText: (lane) => {
        const tasks = lanes.get(lane) ?? [];
        return { name: t(`domain.${lane}`), done: `${tasks.filter(isDone).length}/${tasks.length}` };
      },
      columnText: (level, kind) =>
        kind === 'task' ? (levels === 1 ? t('column.tags') : t('column.level', { level })) : t(`column.${kind}`),
    } satisfies Scene;
  }, [layout, records, themeName, view.selected, path, hover, shown, preview, asked, nowMs, lanes, t]);
}
