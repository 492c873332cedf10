/**
 * A manager that is killed under an open page, in real Chromium: without a
 * reload the page says that the link is lost, then what was recovered and how,
 * and goes on with the run; a click works as before.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import type { InstanceRecord } from '@tagmill/shared/feed/views';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll, until } from '../../src/e2e/command.ts';
import { descendants, Fleet, SECRETS } from '../../src/e2e/fleet.ts';
import { SqliteTargets, type Target } from '../../src/e2e/target.ts';

const sqlite = new SqliteTargets();
let target: Target;
let fleet: Fleet;
let browser: Browser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
});
afterEach(async () => {
  await page?.close();
  endAll();
  await target?.close();
  fleet?.remove();
});
afterAll(async () => {
  await browser?.close();
  sqlite.remove();
});

const select = (name: string): Promise<void> => page.getByTestId(`node-${name}`).first().click();
const panelState = (state: string): Promise<void> => page.locator(`[data-testid="panel-state"][data-state="${state}"]`).waitFor();
const level = (...names: string[]): Promise<void> =>
  page.locator(names.map((name) => `[data-testid=link-state][data-level=${name}]`).join(',')).waitFor();
const epoch = (): Promise<string | null> => page.locator('#root').getAttribute('data-epoch');

async function act(action: string): Promise<void> {
  await page.getByTestId(`action-${action}`).click();
  await page.locator('[data-testid="confirm-action"][aria-disabled="false"]').click();
  await page.getByTestId('preview').waitFor({ state: 'detached' });
}

/** Opens the page with a run of all tags that stands still in the middle: its workers do. */
async function runInTheMiddle(): Promise<number[]> {
  target = await sqlite.make('before');
  fleet = new Fleet({ databaseUrl: target.url, directory: mkdtempSync(join(tmpdir(), 'tagmill-page-recovery-')) });
  await fleet.startManager();
  complaints = [];
  page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${fleet.http}#key=${SECRETS.TAGMILL_API_KEY}`);
  await page.evaluate('globalThis.sameDocument = true');
  await page.getByTestId('start-first-run').or(page.getByTestId('start-run')).first().click();
  await select('新注册用户');
  await act('hold');
  await page.getByTestId('panel-held').waitFor();
  const executors = ['one', 'two'].map((name) => fleet.startExecutor(name));
  await select('低风险用户');
  await panelState('running');
  const workers = executors.flatMap(({ pid }) => descendants(pid));
  for (const pid of workers) process.kill(pid, 'SIGSTOP');
  return workers;
}

async function killManager(): Promise<void> {
  fleet.manager.child.kill('SIGKILL');
  await fleet.manager.ended;
}

/** What the report on the page says is what the API says. */
async function readReport(): Promise<RecoveryReport> {
  await page.getByTestId('read-report').click();
  await page.getByTestId('recovery-verdict').waitFor();
  const report = await fleet.get<RecoveryReport>('/api/v1/recovery');
  await page.locator(`[data-testid=recovery-page][data-term="${report.term}"]`).waitFor();
  for (const one of report.candidates)
    await page.locator(`[data-testid="candidate-${one.name}"][data-verdict="${one.verdict}"]`).getByText(one.why).waitFor();
  await page.getByTestId('keeping').getByText('The journal takes writes').waitFor();
  await page.getByTestId('page-run').click();
  expect(await page.getByTestId('recovered-banner').count()).toBe(0);
  return report;
}

/** The run goes to its end on the page, by a click; then page and API say the same of every task. */
async function goOn(workers: readonly number[]): Promise<void> {
  for (const pid of workers) process.kill(pid, 'SIGCONT');
  await select('低风险用户');
  await panelState('succeeded');
  await select('新注册用户');
  await page.getByTestId('panel-held').waitFor();
  await act('release');
  await panelState('succeeded');
  await page.locator('[data-testid=run-state][data-state=partial]').waitFor();
  const { runs } = await fleet.get<{ runs: { id: string }[] }>('/api/v1/runs');
  const { instances } = await fleet.get<{ instances: InstanceRecord[] }>(`/api/v1/runs/${runs[0]!.id}/graph`);
  for (const one of instances) await page.locator(`[data-testid="node-${one.name}"][data-state="${one.state}"]`).first().waitFor();
  expect(await page.evaluate('globalThis.sameDocument')).toBe(true);
  expect(complaints).toEqual([]);
}

test('killed and started again: banner, report, feed and clicks, all without a reload', async () => {
  const workers = await runInTheMiddle();
  await level('live');
  const before = await epoch();
  await killManager();
  await page.getByTestId('link-banner').waitFor();
  await level('reconnecting');
  expect(await page.getByTestId('action-stop').getAttribute('aria-disabled')).toBe('true');
  // Nothing is cleared while nobody answers.
  await panelState('running');
  await fleet.startManager();
  await page.getByTestId('recovered-banner').waitFor();
  await page.getByTestId('link-banner').waitFor({ state: 'detached' });
  await level('resynced', 'live');
  expect(await epoch()).not.toBe(before);
  const report = await readReport();
  expect(report).toMatchObject({ outcome: 'own', entriesLost: 0, term: 2, termBefore: 1 });
  await goOn(workers);
  expect(await fleet.stop()).toEqual([]);
});

test('started again with an empty data directory: the page says whose copy it is', async () => {
  const workers = await runInTheMiddle();
  await until('a copy of the journal on an executor', () => holdsCopy(join(fleet.options.directory, 'one')));
  // A click that is confirmed; the copies have it a moment later.
  await select('活跃交易者');
  await act('hold');
  await page.getByTestId('panel-held').waitFor();
  await killManager();
  rmSync(join(fleet.options.directory, 'manager'), { recursive: true });
  await fleet.startManager();
  await page.getByTestId('recovered-banner').waitFor();
  await level('resynced', 'live');
  const report = await readReport();
  const winner = report.candidates.find((one) => one.verdict === 'wins')!;
  expect(report.outcome).toBe('copy');
  expect(['one', 'two']).toContain(winner.name);
  // Nobody can tell what was confirmed in the last moment: the page must not say that nothing is lost.
  expect(report.entriesLost).toBeUndefined();
  await page.getByTestId('page-recovery').click();
  expect(await page.getByTestId('recovery-verdict').textContent()).toContain(`The copy of ${winner.name} was used.`);
  expect(await page.getByTestId('recovery-verdict').textContent()).not.toContain('Nothing that was accepted is lost');
  await page.getByTestId('page-run').click();
  await select('活跃交易者');
  if ((await page.getByTestId('panel-held').count()) > 0) await act('release');
  await goOn(workers);
  expect(await fleet.stop()).toEqual([]);
});

function holdsCopy(cacheDir: string): true | undefined {
  const names = readdirSync(cacheDir, { recursive: true }) as string[];
  return names.some((name) => /(^|\/)tail$/.test(name)) ? true : undefined;
}
