/** A tag that its check holds, in real Chromium: what was breached with its numbers, and two buttons that say what becomes of it. */
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endAll } from '../../src/e2e/command.ts';
import { Fleet, SECRETS } from '../../src/e2e/fleet.ts';
import { SqliteTargets, type Target } from '../../src/e2e/target.ts';

const sqlite = new SqliteTargets();
let target: Target;
let fleet: Fleet;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  target = await sqlite.make('empty');
  fleet = new Fleet({ databaseUrl: target.url, directory: join(sqlite.directory, 'breaker'), args: ['--shard-rows', '5000'] });
  await fleet.startManager();
  fleet.startExecutor('one', { slots: 2 });
  await fleet.executorIs('one', ['connected']);
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  page.setDefaultTimeout(30_000);
  page.on('pageerror', (error) => complaints.push(error.message));
});
afterAll(async () => {
  await browser?.close();
  endAll();
  await target?.close();
  sqlite.remove();
});

test('a held tag says what was breached; it is discarded by one click, and released by another in the next run', async () => {
  const set = await fleet.call('PUT', '/api/v1/tags/1/policy', { max_unknown_share: 0, reason: 'every user has assets' });
  expect(set.status).toBe(200);
  const heldRun = async (): Promise<string> => {
    const runId = await fleet.createRun({ mode: 'task-tags', tag_ids: [1], business_date: '2026-11-22' });
    expect((await fleet.ended(runId)).state).toBe('partial');
    await page.goto(`${fleet.http}/runs/${runId}#key=${SECRETS.TAGMILL_API_KEY}`);
    await page.getByTestId('node-高净值用户').first().click();
    await page.getByTestId('panel-held').waitFor();
    await page.getByText(/Held by the check, nothing of it is written: \d+ of \d+ users are UNKNOWN/).waitFor();
    return runId;
  };
  const confirm = async (): Promise<void> => {
    await page.locator('[data-testid="confirm-action"]:not([disabled]):not([aria-disabled="true"])').click();
  };

  await heldRun();
  await page.getByTestId('action-stop').getByText('Discard').click();
  await confirm();
  await page.locator('[data-testid="panel-state"][data-state="stopped"]').waitFor();
  await page
    .getByText(/Discarded by .*, nothing of it was written/)
    .first()
    .waitFor();
  expect(await target.rows()).toEqual([]);

  const runId = await heldRun();
  await page.getByTestId('action-release').getByText('Release and merge').click();
  await confirm();
  await page.locator('[data-testid="panel-state"][data-state="succeeded"]').waitFor();
  expect((await fleet.ended(runId)).state).toBe('succeeded');
  expect((await target.rows()).length).toBeGreaterThan(0);
  expect(complaints).toEqual([]);
});
