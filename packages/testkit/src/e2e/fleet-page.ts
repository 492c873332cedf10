/** A manager with one executor over a SQLite file, and the page of it in real Chromium. */
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { endAll } from './command.ts';
import { Fleet, SECRETS } from './fleet.ts';
import { SqliteTargets, type Target } from './target.ts';

const CHROMIUM = {
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
};
const SIZE = { width: 1440, height: 900 };
const PATIENCE_MS = 30_000;

export interface FleetPage extends AsyncDisposable {
  readonly fleet: Fleet;
  readonly target: Target;
  readonly browser: Browser;
  readonly page: Page;
  /** Errors that any page of it has thrown. */
  readonly complaints: readonly string[];
  /** Opens a path with the key. */
  open(path: string, page?: Page): Promise<void>;
  /** Another person's browser: nothing is shared with the first. */
  another(options?: Parameters<Browser['newContext']>[0]): Promise<Page>;
  /** Serious findings of axe, as text. */
  findings(page?: Page): Promise<readonly string[]>;
}

/** `name`: of the fleet's folder; `args`: flags of the manager. */
export async function openFleetPage(name: string, args: readonly string[] = []): Promise<FleetPage> {
  const sqlite = new SqliteTargets();
  const target = await sqlite.make('empty');
  const complaints: string[] = [];
  const contexts: BrowserContext[] = [];
  const fleet = new Fleet({ databaseUrl: target.url, directory: join(sqlite.directory, name), args: ['--shard-rows', '5000', ...args] });
  await fleet.startManager();
  fleet.startExecutor('one', { slots: 2 });
  await fleet.executorIs('one', ['connected']);
  const browser = await chromium.launch(CHROMIUM);
  const another: FleetPage['another'] = async (options = {}) => {
    const context = await browser.newContext({ viewport: SIZE, locale: 'en-GB', ...options });
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => complaints.push(error.message));
    return page;
  };
  const page = await another();
  return {
    ...{ fleet, target, browser, page, complaints, another },
    open: async (path, on = page) => {
      await on.goto(`${fleet.http}${path}#key=${SECRETS.TAGMILL_API_KEY}`);
    },
    findings: async (on = page) => {
      const { violations } = await new AxeBuilder({ page: on }).analyze();
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      return serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
    },
    async [Symbol.asyncDispose]() {
      for (const context of contexts) await context.close();
      await browser.close();
      endAll();
      await target.close();
      sqlite.remove();
    },
  };
}
