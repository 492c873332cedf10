/** A rule that somebody proposes and somebody else approves, each in a browser of their own. */
import type { RuleAnswer } from '@tagmill/shared/api/rules';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FleetPage, openFleetPage } from '../../src/e2e/fleet-page.ts';

let world: FleetPage;
beforeAll(async () => {
  world = await openFleetPage('approval', ['--rule-approval']);
});
afterAll(async () => world?.[Symbol.asyncDispose]());

test('its writer cannot approve it, another can; runs take it only then; a no says why', async () => {
  const { fleet, page: ann } = world;
  const bob = await world.another();
  const live = async (): Promise<unknown> => (await fleet.get<RuleAnswer>('/api/v1/tags/6/rule')).live;
  const answer = async (page: typeof ann, verb: string, version: number, reason: string): Promise<void> => {
    await page.getByTestId(`${verb}-${version}`).click();
    await page.getByTestId('version-verb-reason').fill(reason);
    await page.getByTestId('version-verb-send').click();
  };
  const propose = async (value: number): Promise<void> => {
    await ann.getByTestId('rule-json').fill(`{"field": "cash_balance", "operator": ">=", "value": ${value}}`);
    await ann.getByTestId('rule-words').getByText(String(value)).waitFor();
    await ann.getByTestId('rule-reason').fill(`limit ${value}`);
    await ann.locator('[data-testid=rule-page][data-checked=true]').waitFor();
  };

  await world.open('/rules/6');
  await ann.getByTestId('rule-json').waitFor();
  await propose(60_000);
  await ann.getByTestId('save-says').getByText('Say who you are').waitFor();
  expect(await ann.getByTestId('save-live').getAttribute('aria-disabled')).toBe('true');
  await ann.getByTestId('who-name').fill('ann');
  await ann.getByTestId('save-live').click();
  await ann.locator('[data-testid=version-2][data-state=proposed]').waitFor();
  await answer(ann, 'approve', 2, 'I like it');
  await ann.getByTestId('version-verb-refused').getByText('so somebody else has to approve it').waitFor();
  expect(await live()).toMatchObject({ version: 1 });

  await world.open('/settings', bob);
  await bob.getByTestId('settings-name').fill('bob');
  await bob.getByTestId('page-inbox').click();
  await bob.getByTestId('inbox-approval-6').getByText('ann').waitFor();
  expect(await world.findings(bob)).toEqual([]);
  await bob.getByTestId('inbox-approval-6').getByRole('link', { name: 'See and answer' }).click();
  await bob.getByTestId('version-2').locator('[data-op=added]').getByText('60000').waitFor();
  await answer(bob, 'reject', 2, 'sales wants more');
  await bob.locator('[data-testid=version-2][data-state=rejected]').getByText('sales wants more').waitFor();
  expect(await world.findings(bob)).toEqual([]);

  await ann.reload();
  await ann.getByTestId('version-2').getByText('sales wants more').waitFor();
  await propose(70_000);
  await ann.getByTestId('save-live').click();
  await ann.locator('[data-testid=version-3][data-state=proposed]').waitFor();
  await bob.reload();
  await answer(bob, 'approve', 3, 'agreed');
  await bob.locator('[data-testid=version-3][data-state=live]').waitFor();
  expect(await live()).toMatchObject({ version: 3, who: 'api-key:bob', reviews: [{ kind: 'propose' }, { kind: 'approve' }] });
  await bob.getByTestId('page-inbox').click();
  await bob.getByText('Nothing needs you').waitFor();
  expect(world.complaints).toEqual([]);
});
