/**
 * The open preview of an action: what it would touch, asked again while the run
 * goes on, and sent with the preview's number. And what was asked and is not
 * yet confirmed by the feed: shown as asked, never as done.
 */
import type { ActionAnswer, ActionRequest, InstanceRecord } from '@tagmill/shared/feed/views';
import type { Action, DownstreamPolicy, InstanceState } from '@tagmill/shared/words';
import { create } from 'zustand';
import { type ApiError, act, asApiError } from '../api/http.ts';

export interface Target {
  readonly runId: string;
  readonly action: Action;
  readonly ids: readonly string[];
}

interface PreviewState {
  readonly target: Target | null;
  readonly downstream: DownstreamPolicy;
  readonly answer: ActionAnswer | null;
  readonly checkedAtMs: number;
  readonly sending: boolean;
  /** The manager refused the confirmation because the affected tasks had changed. */
  readonly stale: boolean;
  readonly error: ApiError | null;
}

const CLOSED: PreviewState = {
  target: null,
  downstream: 'as-success',
  answer: null,
  checkedAtMs: 0,
  sending: false,
  stale: false,
  error: null,
};

export const usePreview = create<PreviewState>(() => CLOSED);

export const asksDownstream = (action: Action): boolean => action === 'skip' || action === 'mark-success';

export function openPreview(target: Target): void {
  usePreview.setState({ ...CLOSED, target });
  void checkPreview();
}

export const closePreview = (): void => usePreview.setState(CLOSED);

export function setDownstream(downstream: DownstreamPolicy): void {
  usePreview.setState({ downstream, answer: null, stale: false });
  void checkPreview();
}

function requestOf(target: Target, downstream: DownstreamPolicy): ActionRequest {
  const request: ActionRequest = { action: target.action, selection: target.ids };
  return asksDownstream(target.action) ? { ...request, downstream } : request;
}

let checks = 0;

/** Asks what the action would touch now. An answer that a later question overtook is dropped. */
export async function checkPreview(): Promise<void> {
  const { target, downstream, sending } = usePreview.getState();
  if (target === null || sending) return;
  checks += 1;
  const mine = checks;
  try {
    const answer = await act(target.runId, { ...requestOf(target, downstream), dry_run: true });
    if (mine === checks) usePreview.setState({ answer, checkedAtMs: Date.now(), error: null });
  } catch (error) {
    if (mine === checks) usePreview.setState({ error: asApiError(error) });
  }
}

/** Sends what was previewed. Resolves when the manager has answered; true when it was accepted. */
export async function confirmPreview(reason: string, records: Readonly<Record<string, InstanceRecord>>): Promise<boolean> {
  const { target, downstream, answer, sending } = usePreview.getState();
  if (target === null || answer === null || sending || answer.affected.length === 0) return false;
  checks += 1;
  usePreview.setState({ sending: true, error: null, stale: false });
  const request = { ...requestOf(target, downstream), preview_seq: answer.preview_seq };
  const asked = markAsked(target.action, answer, records);
  try {
    await act(target.runId, reason.trim() === '' ? request : { ...request, reason: reason.trim() });
    if (usePreview.getState().target === target) closePreview();
    return true;
  } catch (error) {
    forgetAsked(asked);
    const failed = asApiError(error);
    const stale = failed.code === 'PREVIEW_STALE';
    usePreview.setState({ sending: false, stale, error: stale ? null : failed });
    if (stale) void checkPreview();
    return false;
  }
}

export interface Asked {
  readonly action: Action;
  readonly to: InstanceState;
  readonly sinceMs: number;
  /** What the feed said when it was asked; any other word from the feed settles it. */
  readonly was: string;
}

const FORGET_AFTER_MS = 15_000;

export const useAsked = create<Readonly<Record<string, Asked>>>(() => ({}));

const wordOf = (record: InstanceRecord): string => `${record.state} ${record.held} ${record.pass} ${record.gate}`;

function markAsked(action: Action, answer: ActionAnswer, records: Readonly<Record<string, InstanceRecord>>): readonly string[] {
  const asked: Record<string, Asked> = {};
  for (const { id, to } of answer.affected) {
    const record = records[id];
    if (record !== undefined) asked[id] = { action, to, sinceMs: Date.now(), was: wordOf(record) };
  }
  useAsked.setState(asked);
  const ids = Object.keys(asked);
  setTimeout(() => forgetAsked(ids), FORGET_AFTER_MS);
  return ids;
}

function forgetAsked(ids: readonly string[]): void {
  const left = Object.fromEntries(Object.entries(useAsked.getState()).filter(([id]) => !ids.includes(id)));
  useAsked.setState(left, true);
}

/** Drops what the feed has answered. Called with each change of the run. */
export function settleAsked(records: Readonly<Record<string, InstanceRecord>>): void {
  const settled = Object.entries(useAsked.getState()).filter(([id, asked]) => {
    const record = records[id];
    return record !== undefined && wordOf(record) !== asked.was;
  });
  if (settled.length > 0) forgetAsked(settled.map(([id]) => id));
}
