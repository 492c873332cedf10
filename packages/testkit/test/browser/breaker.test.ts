/** A tag that its check holds, in real Chromium: what was breached with its numbers, and two buttons that say what becomes of it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FleetPage, openFleetPage } from '../../src/e2e/fleet-page.ts';

let world: FleetPage;
beforeAll(async () => {
  world = await openFleetPage('breaker');
});
afterAll(async () => world?.[Symbol.asyncDispose]());

test('a held tag says what was breached; it is discarded by one click, and released by another in the next run', async () => {
  const { fleet, page, target } = world;
  const set = await fleet.call('PUT', '/api/v1/tags/1/policy', { max_unknown_share: 0, reason: 'every user has assets' });
  expect(set.status).toBe(200);
  const heldRun = async (): Promise<string> => {
    const runId = await fleet.createRun({ mode: 'task-tags', tag_ids: [1], business_date: '2026-11-22' });
    expect((await fleet.ended(runId)).state).toBe('partial');
    await world.open(`/runs/${runId}`);
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
  expect(world.complaints).toEqual([]);
});
