/** The clock: whether it is near that of the S3 server, and whether time zones are known. */
import type { Check, Finding } from './check.ts';

const OFF_MS = 60_000;
const TIMEOUT_MS = 5_000;
/** No machine that runs this is older. */
const EARLIEST_MS = Date.UTC(2026, 0, 1);

export const time: Check = {
  name: 'time',
  run: async ({ tables }) => {
    const now = new Date();
    if (now.getTime() < EARLIEST_MS)
      return [
        { state: 'bad', text: `the clock says ${now.toISOString()}`, todo: 'set the clock (NTP); certificates and days depend on it' },
      ];
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const here: Finding = {
      state: 'ok',
      text: `${now.toISOString()}, machine’s zone ${zone}; runs use UTC unless --time-zone says otherwise`,
    };
    const endpoint = tables?.kind === 's3' ? tables.endpoint : undefined;
    return endpoint === undefined ? [here] : [here, await against(endpoint)];
  },
};

async function against(endpoint: string): Promise<Finding> {
  try {
    const response = await fetch(endpoint, { method: 'HEAD', signal: AbortSignal.timeout(TIMEOUT_MS) });
    const theirs = Date.parse(response.headers.get('date') ?? '');
    if (Number.isNaN(theirs)) return { state: 'ok', text: `${endpoint} tells no time` };
    const offMs = Date.now() - theirs;
    const text = `${Math.abs(Math.round(offMs / 1000))} s from ${endpoint}`;
    return Math.abs(offMs) > OFF_MS
      ? { state: 'bad', text, todo: 'set the clock (NTP); S3 refuses requests that are minutes off' }
      : { state: 'ok', text };
  } catch (error) {
    return {
      state: 'note',
      text: `${endpoint} does not answer (${error instanceof Error ? error.name : String(error)})`,
      todo: 'see under tables',
    };
  }
}
