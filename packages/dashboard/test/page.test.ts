/** The built page in real Chromium, against a pretended manager. */
import type { ActionRequest } from '@tagmill/shared/feed/views';
import { INSTANCE_STATES } from '@tagmill/shared/words';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { instanceOf } from '../dev/fake-records.ts';
import type { FakeManager } from '../dev/fake-manager.ts';
import { fit } from '../src/graph/camera.ts';
import { CARD_H, CARD_W } from '../src/graph/grid.ts';
import { layoutGraph } from '../src/graph/layout.ts';
import { layoutInput } from '../src/graph/use-layout.ts';
import { type OpenOptions, PageBench } from './page-bench.ts';

describe('the page in Chromium', () => {
  let bench: PageBench;
  let context: BrowserContext;
  let page: Page;
  let manager: FakeManager;

  beforeAll(async () => {
    bench = await PageBench.start();
  });

  afterAll(() => bench?.stop());

  afterEach(() => bench.end());

  async function open(options: OpenOptions = {}): Promise<void> {
    await bench.open(options);
    ({ context, page, manager } = bench);
  }

  const select = (name: string): Promise<void> => bench.select(name);
  const task = (name: string) => bench.task(name);
  const stateIs = (name: string, state: string): Promise<void> => bench.stateIs(name, state);
  const confirm = (): Promise<void> => bench.confirm();
  const noFindings = (where: string): Promise<void> => bench.noFindings(where);

  it('shows every task in the state that the manager has, and counts that agree', async () => {
    await open({ speed: 0 });
    await page.getByTestId('node-VIP customer').waitFor();
    for (const one of manager.world.tasks) expect(await page.getByTestId(`node-${one.name}`).getAttribute('data-state')).toBe(one.state);
    for (const state of INSTANCE_STATES) {
      const want = manager.world.tasks.filter((one) => one.state === state).length;
      expect(await page.getByTestId(`count-${state}`).getAttribute('data-count')).toBe(String(want));
    }
    expect(page.url()).toContain(`/runs/${manager.world.runId}`);
    expect(await page.locator('#root').getAttribute('data-seq')).toBe('1');
  });

  it('selects the card that is clicked on the canvas, and keeps it in the address', async () => {
    await open({ speed: 0 });
    await page.getByTestId('node-Overseas').waitFor();
    const records = manager.world.tasks.map((one) => instanceOf(one));
    const edges = Object.values(manager.world.tables(`run/${manager.world.runId}`)!['edges']!) as unknown as { from: string; to: string }[];
    const layout = layoutGraph(layoutInput(records, edges));
    const box = (await page.getByTestId('graph-canvas').boundingBox())!;
    const camera = fit({ x: 0, y: 0, width: layout.width, height: layout.height }, box);
    const node = layout.nodes.find((one) => one.id === task('Overseas').id)!;
    const at = { x: (node.x + CARD_W / 2) * camera.scale + camera.x, y: (node.y + CARD_H / 2) * camera.scale + camera.y };
    await page.getByTestId('graph-canvas').click({ position: at });
    await page.getByRole('heading', { name: 'Overseas' }).waitFor();
    expect(new URL(page.url()).searchParams.get('task')).toBe('Overseas');
    await page.reload();
    await page.getByRole('heading', { name: 'Overseas' }).waitFor();
  });

  it('stops a task: preview first, nothing changed by it, asked, then what the feed says', async () => {
    await open({ speed: 0 });
    await select('High net worth');
    await bench.pressWhenFree('x', 'stop');
    await page.getByTestId('affected').getByText('High net worth').waitFor();
    expect(task('High net worth').story.some((line) => line.who === 'operator')).toBe(false);
    await page.locator('#reason').fill('source is late');
    await page.keyboard.press('Control+Enter');
    await stateIs('High net worth', 'stopping');
    manager.world.step(2_000);
    await stateIs('High net worth', 'stopped');
    expect(task('High net worth').state).toBe('stopped');
    await page.locator('[data-testid=panel-state][data-state=stopped]').waitFor();
    await page.getByTestId('story').getByText('stop: source is late').waitFor();
    expect(await page.getByTestId('panel-asked').count()).toBe(0);
  });

  it.each([
    ['skip', 'Private banking', 'skipped'],
    ['mark-success', 'Private banking', 'succeeded'],
    ['run', 'Wealth top 1 %', 'running'],
  ])('%s takes %s to %s', async (action, name, state) => {
    await open({ speed: 0 });
    await select(name);
    await page.getByTestId(`action-${action}`).click();
    await confirm();
    await stateIs(name, state);
  });

  it('retries what failed, and says why it had', async () => {
    await open({ warmMs: 30_000 });
    await select('Promo responder');
    expect(await page.getByTestId('panel-error').textContent()).toBe('DATABASE_UNAVAILABLE');
    await page.getByTestId('action-retry').click();
    await confirm();
    await stateIs('Promo responder', 'succeeded');
  });

  it('holds and releases', async () => {
    await open({ speed: 0 });
    await select('Young');
    await page.getByTestId('action-hold').click();
    await confirm();
    await page.getByTestId('panel-held').waitFor();
    await page.getByTestId('action-release').click();
    await confirm();
    await page.getByTestId('panel-held').waitFor({ state: 'detached' });
    expect(task('Young').held).toBe(false);
  });

  it('acts on several tasks by one preview', async () => {
    await open({ speed: 0 });
    await select('Young');
    await page.getByTestId('node-Overseas').click({ modifiers: ['Shift'] });
    await page.getByRole('heading', { name: '2 tasks selected' }).waitFor();
    await page.getByTestId('action-skip').click();
    await page.getByRole('button', { name: 'Skip 2 tasks' }).waitFor();
    await confirm();
    await stateIs('Young', 'skipped');
    await stateIs('Overseas', 'skipped');
    expect(new URL(page.url()).searchParams.getAll('task')).toEqual(['Young', 'Overseas']);
  });

  it('leaves a refused button in place, off but with the sentence, and does nothing', async () => {
    await open({ speed: 0 });
    await select('plan');
    const button = page.getByTestId('action-stop');
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    await button.click({ force: true });
    expect(await page.getByTestId('preview').count()).toBe(0);
    await button.focus();
    await page.getByText('plan is succeeded, so it cannot be stopped.').waitFor();
  });

  it('refuses a stale confirmation and shows the new preview', async () => {
    await open({ speed: 0 });
    await select('High net worth');
    await page.getByTestId('action-stop').click();
    await page.getByTestId('affected').getByText('High net worth').waitFor();
    expect(task('High net worth').state).toBe('running');
    // The task changes after the page has sent the confirmation and before the manager reads it.
    let late = true;
    await page.route('**/actions', async (route) => {
      if (late && (route.request().postDataJSON() as ActionRequest).dry_run !== true) {
        late = false;
        Object.assign(task('High net worth'), { state: 'pending', gate: 'manual' });
      }
      await route.continue();
    });
    await confirm();
    await page.getByText('The affected tasks changed since the preview.', { exact: false }).waitFor();
    expect(task('High net worth').state).toBe('pending');
    await confirm();
    await stateIs('High net worth', 'stopping');
  });

  it('leaves a preview by Esc without a trace', async () => {
    await open({ speed: 0 });
    await select('Young');
    await page.getByTestId('action-stop').click();
    await page.getByTestId('affected').waitFor();
    await page.keyboard.press('Escape');
    await page.getByTestId('preview').waitFor({ state: 'detached' });
    await page.getByTestId('panel-state').waitFor();
    expect(task('Young').story.at(-1)?.who).toBeNull();
  });

  it('turns buttons off while the manager is silent, and on again; nothing is cleared', async () => {
    await open({ speed: 0 });
    await select('VIP customer');
    manager.silence(true);
    await page.getByTestId('link-banner').waitFor();
    expect(await page.getByTestId('action-skip').getAttribute('aria-disabled')).toBe('true');
    expect(await page.getByTestId('panel-state').count()).toBe(1);
    manager.silence(false);
    await page.getByTestId('link-banner').waitFor({ state: 'detached' });
    await page.locator('[data-testid=action-skip][aria-disabled=false]').waitFor();
  });

  it('goes on after its sockets are cut, again and again, and ends with the manager’s state', async () => {
    await open({ speed: 4 });
    await page.getByTestId('node-plan').waitFor();
    for (let at = 0; at < 5; at += 1) {
      manager.cut();
      await page.locator('[data-testid=link-state]:not([data-level=live])').waitFor();
      await page.locator('[data-testid=link-state][data-level=live]').waitFor();
    }
    await select('Wealth top 1 %');
    await page.getByTestId('action-skip').click();
    await confirm();
    await page.locator('[data-testid=count-succeeded][data-count="26"]').waitFor();
    for (const one of manager.world.tasks) expect(await page.getByTestId(`node-${one.name}`).getAttribute('data-state')).toBe(one.state);
  });

  it('filters by state and by name, and goes through tasks by key', async () => {
    await open({ speed: 0 });
    await page.getByTestId('count-pending').click();
    const pending = manager.world.tasks.filter((one) => one.state === 'pending');
    await page.locator(`[role=tree]:not(:has([data-testid="node-plan"]))`).waitFor();
    expect(await page.locator('[data-task]').count()).toBe(pending.length);
    await page.keyboard.press('Escape');
    await page.getByTestId('node-plan').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('vip');
    await page.locator('[role=tree]:not(:has([data-testid="node-plan"]))').waitFor();
    expect(await page.locator('[data-task]').count()).toBe(1);
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.getByTestId('panel-state').waitFor();
  });

  it('asks for the key once, keeps it in the tab only, and takes it from the address', async () => {
    await open({ key: 'secret key' });
    await page.getByTestId('key-field').fill('wrong');
    await page.getByTestId('use-key').click();
    await page.getByText('The manager refused this key.').waitFor();
    await page.getByTestId('key-field').fill('secret key');
    await page.getByTestId('use-key').click();
    await page.getByTestId('node-plan').waitFor();
    expect(await page.evaluate('JSON.stringify({ ...localStorage })')).not.toContain('secret');
    await page.reload();
    await page.getByTestId('node-plan').waitFor();
    const other = await context.newPage();
    await other.goto(`${manager.url}#key=${encodeURIComponent('secret key')}`);
    await other.getByTestId('node-plan').waitFor();
    expect(other.url()).not.toContain('secret');
  });

  it('turns the first screen into the run by one click', async () => {
    await open({ empty: true });
    await page.getByRole('heading', { name: 'Connect an executor' }).first().waitFor();
    await page.getByTestId('start-run').click();
    await page.getByTestId('node-plan').waitFor();
  });

  it('says that an unknown run cannot be shown', async () => {
    await open({ path: 'runs/nothing' });
    await page.getByText('There is no topic run/nothing').waitFor();
    await page.getByRole('button', { name: 'Go to the latest run' }).click();
    await page.getByTestId('node-plan').waitFor();
  });

  it.each([
    ['light', 'en-GB'],
    ['dark', 'zh-CN'],
    ['light', 'zh-CN'],
    ['dark', 'en-GB'],
  ] as const)('has no serious finding of axe (%s, %s)', async (scheme, locale) => {
    await open({ scheme, locale, warmMs: 30_000, speed: 0 });
    await select('Promo responder');
    await noFindings('run');
    // axe holds the page's thread for long: on a slow machine the link counts as lost until it is heard again.
    await page.locator('[data-testid="action-skip"][aria-disabled="false"]').waitFor();
    await page.getByTestId('action-skip').click();
    await page.getByTestId('affected').waitFor();
    await noFindings('preview');
    await page.getByTestId('page-executors').click();
    await page.getByTestId('executor-exec-04').waitFor();
    await page.getByTestId('add-executor').click();
    await noFindings('executors');
  });

  it('serves a phone: what needs a person first, actions with preview', async () => {
    await open({ width: 390, warmMs: 30_000 });
    await page.getByTestId('node-Promo responder').click();
    await noFindings('phone');
    await page.getByTestId('action-retry').click();
    await confirm();
    await stateIs('Promo responder', 'succeeded');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });
});
