/** docs/rest.md is true: it names every route, and what its examples send is accepted. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRuleBench } from './rule-bench.ts';
import { openMouths } from './support.ts';

const guide = readFileSync(join(import.meta.dirname, '../../../../docs/rest.md'), 'utf8');

test('names each route that there is', async () => {
  await using mouths = await openMouths();
  const { body: api } = await mouths.call('GET', '/docs/json');
  for (const path of Object.keys(api.paths)) expect(guide, path).toContain(`\`${path}\``);
});

test('its examples are accepted', async () => {
  await using mouths = await openMouths();
  await using bench = await openRuleBench();
  mouths.port.rules = bench.rules;
  const run = await mouths.port.createRun({ mode: 'task-all', who: 'guide' });
  const commands = [...guide.replaceAll('\\\n', ' ').matchAll(/tm (?:-N )?(?:-X (POST) )?"?\$TAGMILL([^\s"]+)"?(.*)/g)];
  expect(commands.length).toBeGreaterThanOrEqual(12);
  for (const [line, method = 'GET', path = '', rest = ''] of commands) {
    if (path.startsWith('/api/v1/feed')) continue; // Does not end; the feed's own tests read it.
    const sent = /-d '([^']+)'/.exec(rest)?.[1] ?? /-d "((?:[^"\\]|\\.)+)"/.exec(rest)?.[1]?.replaceAll('\\"', '"');
    const answer = await mouths.call(method, path.replace('$RUN', run).replace(/019a[0-9a-f-]+/, run), sent?.replaceAll('$RUN', run));
    expect(answer.status, `${line}\n${answer.text}`).toBeLessThan(300);
  }
});

test('its example of an error is what comes', async () => {
  await using mouths = await openMouths();
  const { body } = await mouths.call('POST', '/api/v1/tags/trigger', { tag_ids: [1], tag_id: 1 });
  const shown = [...guide.matchAll(/```json\n([^`]+)```/g)].map(([, json]) => JSON.parse(json!) as unknown);
  expect(shown).toContainEqual(body);
});
