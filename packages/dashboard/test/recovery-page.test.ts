/** Recovery as the page shows it, in real Chromium, against a pretended manager. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FakeManager } from '../dev/fake-manager.ts';
import { type OpenOptions, PageBench } from './page-bench.ts';

describe('recovery on the page', () => {
  let bench: PageBench;
  let page: Page;
  let manager: FakeManager;

  beforeAll(async () => {
    bench = await PageBench.start();
  });

  afterAll(() => bench?.stop());

  afterEach(() => bench.end());

  async function open(options: OpenOptions = {}): Promise<void> {
    await bench.open({ speed: 0, ...options });
    ({ page, manager } = bench);
  }

  const level = (name: string): Promise<void> => page.locator(`[data-testid=link-state][data-level=${name}]`).waitFor();
  const seen = (testId: string): Promise<void> => page.getByTestId(testId).waitFor();
  const gone = (testId: string): Promise<void> => page.getByTestId(testId).waitFor({ state: 'detached' });
  const text = async (testId: string): Promise<string> => (await page.getByTestId(testId).textContent()) ?? '';
  const restarted = (): void => {
    manager.restart();
    manager.world.recovered();
  };

  it('goes through a restart without a reload: buttons off and nothing cleared while it recovers, then banner, note and clicks', async () => {
    await open();
    await page.evaluate('globalThis.sameDocument = true');
    await bench.select('VIP customer');
    manager.restart();
    await seen('recovering-banner');
    await level('recovering');
    expect(await page.getByTestId('action-skip').getAttribute('aria-disabled')).toBe('true');
    expect(await page.getByTestId('start-run').getAttribute('aria-disabled')).toBe('true');
    expect(await page.getByTestId('panel-state').count()).toBe(1);
    expect(await page.getByTestId('node-plan').count()).toBe(1);
    // What changes behind the page's back while it cannot be told must be on the screen afterwards.
    bench.task('Overseas').state = 'skipped';
    manager.world.recovered();
    await seen('recovered-banner');
    await level('resynced');
    expect(await text('recovered-banner')).toContain('Nothing that was accepted is lost. 2 of 44 running shards are done again.');
    await bench.stateIs('Overseas', 'skipped');
    await page.locator('#root[data-epoch=e2]').waitFor();
    await page.getByTestId('action-skip').click();
    await bench.confirm();
    await bench.stateIs('VIP customer', 'skipped');
    expect(await page.evaluate('globalThis.sameDocument')).toBe(true);
    await level('live');
  });

  it('keeps its banner until it is read, in this browser, and shows a new one after the next restart', async () => {
    await open();
    await seen('node-plan');
    restarted();
    await seen('recovered-banner');
    await page.reload();
    await seen('recovered-banner');
    await page.getByTestId('dismiss-recovered').click();
    await gone('recovered-banner');
    await page.reload();
    await seen('node-plan');
    await level('live');
    expect(await page.getByTestId('recovered-banner').count()).toBe(0);
    restarted();
    await seen('recovered-banner');
    await page.getByTestId('read-report').click();
    await seen('recovery-verdict');
    await page.getByTestId('page-run').click();
    await seen('node-plan');
    expect(await page.getByTestId('recovered-banner').count()).toBe(0);
  });

  it('shows the whole report, and gives it as JSON', async () => {
    await open({ path: 'recovery' });
    await seen('recovery-nothing');
    restarted();
    await seen('recovery-verdict');
    expect(await text('recovery-verdict')).toContain('Recovered. Nothing that was accepted is lost.');
    expect(await page.getByTestId('recovery-verdict').locator('dd').allTextContents()).toEqual(['6.4 s', '42', '34', '2', '0']);
    const rows = page.locator('.tm-rec-table tbody tr');
    expect(await rows.evaluateAll((all) => all.map((one) => one.getAttribute('data-verdict')))).toEqual([
      'wins',
      'not-used',
      'not-used',
      'not-used',
      'not-used',
      'refused',
      'missing',
    ]);
    expect(await text('candidate-own')).toContain('last batch torn by the power loss');
    expect(await page.locator('[data-step]').count()).toBe(8);
    expect(await text('recovery-attempts')).toContain('not found: First deposit 44, Night trader 12');
    expect(await text('newest-snapshot')).toContain('entry 48,219,000 · 12.4 MB');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('report-json').click()]);
    expect(download.suggestedFilename()).toBe('tagmill-recovery-term-42.json');
    expect(JSON.parse(await readFile(await download.path(), 'utf8'))).toEqual(manager.world.report);
  });

  it('follows a recovery that is under way, without a reload', async () => {
    await open({ path: 'recovery' });
    await seen('recovery-nothing');
    manager.restart();
    await page.locator('[data-testid=recovery-verdict][data-outcome=recovering]').waitFor();
    await page.locator('[data-step=collect][data-open=true]').waitFor();
    manager.world.recovered();
    await page.locator('[data-testid=recovery-verdict][data-outcome=copy]').waitFor();
    await page.locator('[data-testid=recovery-page][data-term="42"]').waitFor();
  });

  it('never calls it well when something is lost, or when nobody has said so', async () => {
    await open({ path: 'recovery' });
    restarted();
    manager.world.report = { ...manager.world.report, entriesLost: 34 };
    await page.getByText('34 entries that were accepted are lost.').waitFor();
    await page.getByTestId('page-run').click();
    const { entriesLost: _unknown, ...silent } = manager.world.report;
    manager.world.report = silent;
    await page.keyboard.press('g');
    await page.keyboard.press('v');
    await page.getByTestId('recovery-verdict').getByText('not known').waitFor();
    expect(await text('recovery-verdict')).not.toContain('lost.');
  });

  it('says that the report cannot be shown, with its code, and tries again', async () => {
    await open();
    await page.route('**/api/v1/recovery', (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'JOURNAL_UNWRITABLE', detail: 'Not now.' }),
      }),
    );
    await page.getByTestId('page-recovery').click();
    await seen('recovery-failed');
    expect(await text('recovery-failed')).toContain('JOURNAL_UNWRITABLE');
    await page.unroute('**/api/v1/recovery');
    await page.getByRole('button', { name: 'Try again' }).click();
    await seen('recovery-nothing');
  });

  it.each([
    ['full', 'The journal’s disk is full since'],
    ['read-only', 'The journal’s disk is read-only since'],
    ['failed-flush', 'The disk did not take a write to the journal since'],
    ['corrupt', 'The journal is damaged since'],
  ] as const)('says that the journal takes nothing (%s), since when, and turns buttons off until it does', async (state, words) => {
    await open();
    await bench.select('VIP customer');
    const { service } = manager.world;
    manager.world.service = {
      ...service,
      journal: { state, sentence: 'no space is left for the journal: free some', sinceMs: Date.now() },
    };
    await page.locator(`[data-testid=journal-banner][data-state=${state}]`).waitFor();
    expect(await text('journal-banner')).toContain(words);
    expect(await text('journal-banner')).toContain('No space is left for the journal: free some');
    const skip = page.getByTestId('action-skip');
    expect(await skip.getAttribute('aria-disabled')).toBe('true');
    expect(await skip.getAttribute('aria-description')).toContain('The journal takes no writes');
    manager.world.service = service;
    await gone('journal-banner');
    await page.locator('[data-testid=action-skip][aria-disabled=false]').waitFor();
  });

  it('rolls a task back by its key, with preview and what it does to the target table', async () => {
    await open();
    Object.assign(bench.task('Cash rich'), { state: 'succeeded', done: 64 });
    await bench.stateIs('Cash rich', 'succeeded');
    await bench.select('Cash rich');
    expect((await page.getByTestId('action-rollback').textContent())?.trim()).toBe('Roll backB');
    await bench.pressWhenFree('b', 'rollback');
    await page.getByRole('heading', { name: 'Roll back Cash rich' }).waitFor();
    await page.getByText('What this task changed in user_tags is undone', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Roll back 1 task' }).click();
    await bench.stateIs('Cash rich', 'stopped');
  });

  it.each([
    ['light', 'en-GB', 1440],
    ['dark', 'zh-CN', 1440],
    ['light', 'zh-CN', 390],
    ['dark', 'en-GB', 390],
  ] as const)('has no serious finding of axe (%s, %s, %i px)', async (scheme, locale, width) => {
    await open({ scheme, locale, width });
    restarted();
    await seen('recovered-banner');
    await bench.noFindings('banner');
    await page.getByTestId('page-recovery').click();
    await seen('recovery-verdict');
    await bench.noFindings('report');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    if (width < 1_000) return;
    manager.restart();
    await page.locator('[data-testid=recovery-verdict][data-outcome=recovering]').waitFor();
    await bench.noFindings('under way');
    const { service } = manager.world;
    manager.world.service = { ...service, recovering: null, journal: { state: 'corrupt', sentence: 'it is damaged', sinceMs: Date.now() } };
    await seen('journal-banner');
    await bench.noFindings('journal');
  });

  it('puts the focus on its parts in the order in which they stand', async () => {
    await open({ path: 'recovery' });
    restarted();
    await seen('recovery-verdict');
    await page.getByTestId('report-json').focus();
    await page.keyboard.press('Shift+Tab');
    expect(await page.evaluate("document.activeElement.getAttribute('data-testid')")).toBe('theme');
  });
});
