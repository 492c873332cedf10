/** What is known about the link to the manager, and what the page says about it. Pure. */
export interface LinkInfo {
  readonly status: 'connecting' | 'live' | 'reconnecting' | 'denied';
  /** Something on the screen is from before the link was lost: the answers are on their way. */
  readonly catchesUp: boolean;
  /** Tries since the link was lost. */
  readonly tries: number;
  readonly nextTryAtMs: number | null;
  /** By this machine's clock. */
  readonly lastHeardAtMs: number | null;
  /** This machine's clock minus the manager's, by the fastest message. */
  readonly offsetMs: number | null;
  /** How much later than the fastest the last message came. */
  readonly delayMs: number;
  /** Newest time that the manager told. */
  readonly managerAtMs: number | null;
  readonly gapAtMs: number | null;
  /** Instead of what it had missed the page got the whole state, after the link was back. */
  readonly resyncedAtMs: number | null;
}

export const LINK_AT_START: LinkInfo = {
  status: 'connecting',
  catchesUp: false,
  tries: 0,
  nextTryAtMs: null,
  lastHeardAtMs: null,
  offsetMs: null,
  delayMs: 0,
  managerAtMs: null,
  gapAtMs: null,
  resyncedAtMs: null,
};

export type LinkLevel = 'connecting' | 'live' | 'behind' | 'stale' | 'reconnecting' | 'recovering' | 'resynced' | 'gap' | 'denied';

const BEHIND_FROM_MS = 1_000;
const STALE_FROM_MS = 3_000;
/** The manager promises a word each second, so silence up to here is no lag. */
const EXPECTED_SILENCE_MS = 1_100;
/** A gap is mended in milliseconds; it stays readable for this long. */
const GAP_SHOWN_MS = 2_000;
const RESYNCED_SHOWN_MS = 6_000;

/** How far the page is behind the manager, in ms. */
export function behindMs(link: LinkInfo, nowMs: number): number {
  if (link.lastHeardAtMs === null) return 0;
  return link.delayMs + Math.max(0, nowMs - link.lastHeardAtMs - EXPECTED_SILENCE_MS);
}

export function linkLevel(link: LinkInfo, nowMs: number): LinkLevel {
  if (link.status !== 'live') return link.status;
  const behind = behindMs(link, nowMs);
  if (behind >= STALE_FROM_MS) return 'stale';
  if (link.catchesUp) return 'reconnecting';
  if (link.gapAtMs !== null && nowMs - link.gapAtMs < GAP_SHOWN_MS) return 'gap';
  if (behind >= BEHIND_FROM_MS) return 'behind';
  return link.resyncedAtMs !== null && nowMs - link.resyncedAtMs < RESYNCED_SHOWN_MS ? 'resynced' : 'live';
}

/** Buttons work only while what is on the screen is known to be true. */
export const canAct = (level: LinkLevel): boolean => level === 'live' || level === 'behind' || level === 'gap' || level === 'resynced';

/** The manager's clock now; stands still while the link is lost, because time that passed there is not known. */
export function managerNowMs(link: LinkInfo, nowMs: number): number {
  if (link.managerAtMs === null) return nowMs;
  return link.offsetMs !== null && canAct(linkLevel(link, nowMs)) ? nowMs - link.offsetMs : link.managerAtMs;
}
