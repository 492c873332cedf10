/**
 * The analyst's way in real Chromium: a rule is typed with a mistake, mended by
 * the suggestion, previewed, saved with a reason; a user who enters is explained.
 */
import type { RuleAnswer } from '@tagmill/shared/api/rules';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FleetPage, openFleetPage } from '../../src/e2e/fleet-page.ts';

let world: FleetPage;
let fleet: FleetPage['fleet'];
let page: FleetPage['page'];

beforeAll(async () => {
  world = await openFleetPage('page');
  ({ fleet, page } = world);
  await fleet.ended(await fleet.createRun({ mode: 'task-tags', tag_ids: [1], business_date: '2026-11-22' }));
});
afterAll(async () => world?.[Symbol.asyncDispose]());

const counted = (): Promise<void> => page.locator('[data-testid=rule-preview][data-state=done]').waitFor();
const typed = (text: string): Promise<void> => page.getByTestId('rule-json').fill(text);
const rule = (field: string, value: number): string =>
  JSON.stringify({ logic: 'AND', conditions: [{ field, operator: '>=', value, type: 'number' }] });

const numberOf = (text: string | null): number => Number(text?.replaceAll(',', ''));

const noFindings = async (where: string): Promise<void> => expect(await world.findings(), where).toEqual([]);

test('a rule is found, typed with a mistake, mended, previewed, saved and explained', async () => {
  await world.open('/rules');
  await page.getByTestId('tag-1').click();
  await page.getByTestId('rule-name').getByText('高净值用户').waitFor();
  await counted();
  const before = await page.getByTestId('preview-matched').textContent();
  expect(await page.getByTestId('preview-enter').textContent()).toBe('0');

  await typed(rule('total_asset_valu', 50_000));
  await page.getByTestId('rule-error').getByText('did you mean `total_asset_value`?').waitFor();
  await page.getByTestId('save-says').getByText('1 error blocks saving').waitFor();
  expect(await page.getByTestId('save-live').getAttribute('aria-disabled')).toBe('true');
  await page.getByTestId('use-suggestion').click();
  await page.getByTestId('rule-words').getByText('total_asset_value >= 50000').waitFor();
  expect(await page.getByTestId('rule-json').inputValue()).toContain('"total_asset_value"');

  await page
    .getByTestId('preview-enter')
    .getByText(/^[1-9]/)
    .waitFor();
  await counted();
  const after = await page.getByTestId('preview-matched').textContent();
  expect(numberOf(after)).toBeGreaterThan(numberOf(before));
  await page.getByTestId('ask-overlap').click();
  await page.locator('[data-testid=rule-overlap][data-state=done]').getByText(/ of /).first().waitFor();
  await noFindings('rule');

  await page.getByTestId('rule-reason').fill('limit lowered, PRD-771');
  await page.getByTestId('save-live').click();
  await page.locator('[data-testid=version-2][data-state=live]').getByText('limit lowered, PRD-771').waitFor();
  await page.getByTestId('save-says').getByText('Nothing has changed.').waitFor();
  const saved = await fleet.get<RuleAnswer>('/api/v1/tags/1/rule');
  expect(saved.live).toMatchObject({ version: 2, reason: 'limit lowered, PRD-771' });

  // Against what is live now nobody comes or goes.
  await page.getByTestId('preview-enter').getByText(/^0$/).waitFor();
  await page.getByTestId('explain-open').click();
  await page.getByTestId('explain-user').fill('user_000001');
  await page.getByTestId('explain-ask').click();
  await page.locator('[data-testid=explain-result][data-truth=F]').waitFor();
  await page.getByTestId('explain-flip').getByText('total_asset_value from 1775 to 100000 gives the tag').waitFor();
  await page.getByTestId('explain-stored').getByText('that is what the rule gives').waitFor();
  await page.getByTestId('keep-example').click();
  await page.getByTestId('rule-examples').getByText('1 of 1 pass').waitFor();
  await noFindings('explained');
  expect(world.complaints).toEqual([]);
});

test('somebody else saves in the meantime: their version and the difference, and mine only when I insist', async () => {
  await page.goto(`${fleet.http}/rules/6`);
  await counted();
  const { etag } = await fleet.get<RuleAnswer>('/api/v1/tags/6/rule');
  const other = { rule: { field: 'cash_balance', operator: '>=', value: 70_000 }, reason: 'theirs' };
  expect((await fleet.call('PUT', '/api/v1/tags/6/rule', other, { 'if-match': etag })).status).toBe(200);
  await typed(rule('cash_balance', 60_000));
  await page.locator('[data-testid=rule-page][data-checked=true]').waitFor();
  await page.getByTestId('rule-reason').fill('mine');
  await page.getByTestId('save-live').click();
  await page.getByTestId('save-refused').getByText('is at version 2 by api-key').waitFor();
  await page.getByTestId('save-refused').locator('[data-op=added]').getByText('60000').waitFor();
  await page.getByTestId('save-over').click();
  await page.locator('[data-testid=version-3][data-state=live]').waitFor();
  expect((await fleet.get<RuleAnswer>('/api/v1/tags/6/rule')).live).toMatchObject({ version: 3, reason: 'mine' });
});

test('Chinese and dark, without a serious finding; an old version is taken up again', async () => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${fleet.http}/rules/6?lang=zh`);
  await page.getByRole('heading', { name: '规则', exact: true }).waitFor();
  await counted();
  await noFindings('dark, zh');
  await page.getByTestId('take-1').click();
  await page.getByTestId('rule-words').getByText('cash_balance >= 50000').waitFor();
  await page.getByTestId('undo').click();
  await page.getByTestId('rule-words').getByText('cash_balance >= 60000').waitFor();
  await page.getByTestId('page-rules').click();
  await page.getByTestId('tag-1').waitFor();
  await noFindings('list');
  expect(world.complaints).toEqual([]);
});
