/**
 * Tags in real Chromium: what they allow, tags by hand, a held one let go, the
 * user screen, the inbox and the settings; and what was typed is never lost.
 */
import type { RuleAnswer } from '@tagmill/shared/api/rules';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FleetPage, openFleetPage } from '../../src/e2e/fleet-page.ts';

let world: FleetPage;
let fleet: FleetPage['fleet'];
let page: FleetPage['page'];

beforeAll(async () => {
  world = await openFleetPage('tags');
  ({ fleet, page } = world);
});
afterAll(async () => world?.[Symbol.asyncDispose]());

const counted = (): Promise<void> => page.locator('[data-testid=rule-preview][data-state=done]').waitFor();
const noFindings = async (where: string): Promise<void> => expect(await world.findings(), where).toEqual([]);
const run = async (tag: number): Promise<void> => {
  await fleet.ended(await fleet.createRun({ mode: 'task-tags', tag_ids: [tag], business_date: '2026-11-22' }));
};
const isFilled = async (testId: string, text: string): Promise<void> =>
  void (await page.waitForFunction(`document.querySelector('[data-testid="${testId}"]').value.includes(${JSON.stringify(text)})`));

test('a policy is set on the page of the rule; the next run is held by it, and discarded and released from there', async () => {
  await world.open('/rules/1');
  await page.getByTestId('settings-name').or(page.getByTestId('rule-name').getByText('高净值用户')).waitFor();
  await page.getByTestId('policy-edit').click();
  await page.getByTestId('policy-share').fill('many');
  await page.getByTestId('policy-reason').fill('every user has assets');
  expect(await page.getByTestId('policy-send').getAttribute('aria-disabled')).toBe('true');
  await page.getByTestId('policy-share').fill('0');
  await page.getByTestId('policy-move').fill('12,5');
  await page.getByTestId('policy-send').click();
  await page.getByTestId('policy-max-unknown').getByText('0 %').waitFor();
  await page.getByTestId('policy-max-move').getByText('12.5 %').waitFor();

  await run(1);
  await page
    .getByTestId('held-card')
    .getByText(/\d+ of \d+ users are UNKNOWN/)
    .waitFor();
  await noFindings('held');
  await page.getByTestId('held-stop').click();
  await page.getByTestId('held-answer-reason').fill('the table was cut off');
  await page.getByTestId('held-answer-send').click();
  await page.getByTestId('rule-last-run').getByText('Stopped').waitFor();
  expect(await world.target.rows()).toEqual([]);

  await run(1);
  await page.getByTestId('page-inbox').click();
  await page.getByTestId('inbox-held-1').waitFor();
  await page.getByTestId('held-release').click();
  await page.getByTestId('held-answer-reason').fill('a new partner');
  await page.getByTestId('held-answer-send').click();
  await page.getByTestId('inbox-held-1').waitFor({ state: 'detached' });
  await expect.poll(async () => (await world.target.rows()).length, { timeout: 30_000 }).toBeGreaterThan(0);
  await page.getByText('Nothing needs you').waitFor();
});

test('holders may keep a tag for a number of runs; the form says what no number is', async () => {
  await page.goto(`${fleet.http}/rules/2`);
  await page.getByTestId('policy-edit').click();
  await page.getByTestId('policy-unknown').selectOption('keep_for');
  await page.getByTestId('policy-runs').fill('0');
  await page.getByText('Runs are a number from 1 to').waitFor();
  await page.getByTestId('policy-runs').fill('5');
  await page.getByTestId('policy-reason').fill('five nights');
  await page.getByTestId('policy-send').click();
  await page.getByTestId('rule-policy').getByText('holders keep it for 5 runs').waitFor();
  // What is not touched stays: the same form opened again has it.
  await page.getByTestId('policy-edit').click();
  expect(await page.getByTestId('policy-runs').inputValue()).toBe('5');
});

test('the blocks: fields and values that the catalogue offers, operators that fit, a tag, moved by keyboard', async () => {
  await page.goto(`${fleet.http}/rules/9`);
  await page.getByTestId('rule-json').fill('{"field": "user_level", "operator": "=", "value": "VIP1"}');
  await page.getByTestId('wrap-rule').click();
  const first = page.getByTestId('leaf-/conditions/0');
  await page.waitForFunction("document.querySelector('#rule-fields option[value=user_level]') !== null");
  const list = await first.getByRole('combobox', { name: 'Value', exact: true }).getAttribute('list');
  expect(await page.locator(`[id="${list}"] option`).evaluateAll((all) => all.map((one) => one.getAttribute('value')))).toContain('VIP2');
  const fitting = await first
    .getByRole('combobox', { name: 'Operator', exact: true })
    .locator('> option')
    .evaluateAll((all) => all.map((one) => one.getAttribute('value')));
  expect([fitting.includes('contains'), fitting.includes('recent_days')]).toEqual([true, false]);
  await first.getByRole('combobox', { name: 'A missing value' }).selectOption('no_match');
  await page.getByRole('button', { name: 'Tag', exact: true }).click();
  await page.getByTestId('rule-words').getByText('tag').waitFor();
  const second = page.getByTestId('leaf-/conditions/1');
  await second.getByRole('combobox', { name: 'Value', exact: true }).focus();
  await page.keyboard.press('Alt+ArrowUp');
  await page.getByTestId('leaf-/conditions/0').getByText('has_tag').first().waitFor({ state: 'attached' });
  const rule = JSON.parse(await page.getByTestId('rule-json').inputValue()) as { conditions: { operator: string; missing?: string }[] };
  expect(rule.conditions.map(({ operator, missing }) => [operator, missing])).toEqual([
    ['has_tag', undefined],
    ['=', 'no_match'],
  ]);
  expect(await page.evaluate("document.activeElement.closest('[data-path]')?.dataset.path")).toBe('/conditions/0');
  await first.getByRole('combobox', { name: 'Operator', exact: true }).first().focus();
  await noFindings('blocks');
  await page.locator('[data-testid=rule-page][data-checked=true]').waitFor();
});

test('a tag is set by hand, shown with who and why, found on the user screen, and taken back there', async () => {
  await page.getByTestId('page-settings').click();
  await page.getByTestId('settings-name').fill('林 雨');
  await page.goto(`${fleet.http}/rules/1`);
  await page.getByTestId('override-add').click();
  await page.getByTestId('override-user').fill('user_000001');
  await page.getByTestId('override-reason').fill('by agreement');
  await page.getByTestId('override-send').click();
  await page.getByTestId('override-user_000001').getByText('林 雨').waitFor();
  await page.getByTestId('override-user_000001').getByRole('link').click();
  await page.getByTestId('user-tag-1').getByText('by agreement').waitFor();
  await page.locator('[data-testid=explain-result][data-truth=F]').waitFor();
  await page.getByTestId('explain-flip').getByText('total_asset_value from 1775 to 100000 gives the tag').waitFor();
  await noFindings('user');
  await page.getByTestId('user-clear').click();
  await page.getByTestId('user-override-reason').fill('the agreement has ended');
  await page.getByTestId('user-override-send').click();
  await page.getByTestId('user-tag-1').waitFor({ state: 'detached' });
  await page.getByTestId('find-user').fill('nobody at all');
  await page.getByTestId('find-user-go').click();
  await page.getByText('has no row of this user').waitFor();
});

test('what was typed is there again after a reload, also when somebody else has saved; nothing is overwritten unseen', async () => {
  await page.goto(`${fleet.http}/rules/6`);
  await counted();
  await page.getByTestId('rule-json').fill('{"field": "cash_balance", "operator": ">=", "value": 61000}');
  await page.getByTestId('rule-words').getByText('61000').waitFor();
  await page.reload();
  await page.getByTestId('editing-note').getByText('are here again').waitFor();
  await isFilled('rule-json', '61000');

  const { etag } = await fleet.get<RuleAnswer>('/api/v1/tags/6/rule');
  const theirs = { rule: { field: 'cash_balance', operator: '>=', value: 70_000 }, reason: 'theirs' };
  expect((await fleet.call('PUT', '/api/v1/tags/6/rule', theirs, { 'if-match': etag, 'x-tagmill-who': 'bob' })).status).toBe(200);
  await page.getByTestId('rule-reason').fill('mine');
  await page.locator('[data-testid=rule-page][data-checked=true]').waitFor();
  await page.getByTestId('save-live').click();
  await page.getByTestId('save-refused').getByText('is at version 2').waitFor();
  await page.reload();
  await page.getByTestId('editing-note').getByText('v2 was saved by bob in the meantime: theirs').waitFor();
  await page.getByTestId('editing-note').locator('[data-op=added]').getByText('70000').waitFor();
  await isFilled('rule-json', '61000');
  await page.getByTestId('drop-draft').click();
  await isFilled('rule-json', '70000');
  await page.getByTestId('undo').click();
  await isFilled('rule-json', '61000');
  await page.getByTestId('undo').click();
  await page.reload();
  await counted();
  expect(await page.getByTestId('rule-json').inputValue()).toContain('70000');
});

test('an example has a name; an old version is compared and restored', async () => {
  await page.goto(`${fleet.http}/rules/6`);
  await page.getByTestId('explain-open').click();
  await page.getByTestId('explain-user').fill('user_000001');
  await page.getByTestId('explain-ask').click();
  await page.getByTestId('keep-example').click();
  await page.getByTestId('example-name-0').fill('poor');
  await page.getByTestId('rule-examples').getByText('1 of 1 pass').waitFor();
  await page.getByTestId('rule-reason').fill('with an example');
  await page.getByTestId('save-live').click();
  await page.locator('[data-testid=version-3][data-state=live]').waitFor();
  expect((await fleet.get<RuleAnswer>('/api/v1/tags/6/rule')).live?.examples.map(({ name }) => name)).toEqual(['poor']);
  await page.getByTestId('compare-1').click();
  await page.getByTestId('version-1').locator('[data-op=removed]').getByText('70000').waitFor();
  await page.getByTestId('restore-1').click();
  await page.getByTestId('version-verb-reason').fill('it was right');
  await page.getByTestId('version-verb-send').click();
  await page.locator('[data-testid=version-4][data-state=live]').waitFor();
  // Nobody was writing: the restored rule is what is shown.
  await isFilled('rule-json', '50000');
});

test('the palette goes to a tag, a user and a page, and opens the preview of an action', async () => {
  const runId = await fleet.createRun({ mode: 'task-tags', tag_ids: [3], business_date: '2026-11-22' });
  await fleet.ended(runId);
  await page.goto(`${fleet.http}/runs/${runId}`);
  await page.getByTestId('node-低风险用户').first().waitFor();
  const palette = async (typed: string): Promise<void> => {
    await page.keyboard.press('Control+k');
    await page.getByTestId('palette-field').fill(typed);
  };
  await palette('roll 低风险');
  await page.getByRole('option', { name: 'Roll back 低风险用户' }).waitFor();
  await noFindings('palette');
  await page.keyboard.press('Enter');
  await page.getByTestId('preview').waitFor();
  await page.getByTestId('cancel-action').click();
  await palette('高净值');
  await page.keyboard.press('Enter');
  await page.getByTestId('rule-name').getByText('高净值用户').waitFor();
  await palette('user_000007');
  await page.getByRole('option', { name: 'user_000007' }).click();
  await page.getByTestId('user-page').waitFor();
  await palette('recov');
  await page.keyboard.press('Enter');
  await page.waitForURL(/recovery/);
});

test('the catalogue by keyboard, in Chinese and dark; single keys can be switched off', async () => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${fleet.http}/rules?lang=zh`);
  await page.getByTestId('row-1').waitFor();
  await page.getByTestId('row-1').getByText('线上').waitFor();
  await noFindings('catalogue, dark, zh');
  await page.keyboard.press('j');
  await page.getByTestId('tag-panel').waitFor();
  const first = await page.locator('[data-chosen=true]').getAttribute('data-testid');
  await page.keyboard.press('j');
  await page.waitForFunction(`document.querySelector('[data-chosen=true]')?.dataset.testid !== '${first}'`);
  await page.keyboard.press('k');
  await page.locator(`[data-testid=${first}][data-chosen=true]`).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('现金');
  await page.getByTestId('row-1').waitFor({ state: 'detached' });
  await page.keyboard.press('Tab');
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.getByTestId('settings-page').waitFor();
  await noFindings('settings, dark, zh');
  await page.getByTestId('settings-keys').uncheck();
  await page.getByTestId('settings-language').selectOption('en');
  await page.getByRole('heading', { name: 'Keys', exact: true }).click();
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await page.getByTestId('settings-theme').selectOption('light');
  expect(page.url()).toContain('/settings');
  await page.getByTestId('settings-keys').check();
  expect(world.complaints).toEqual([]);
});
