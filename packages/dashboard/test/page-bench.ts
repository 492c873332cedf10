/** The built page in real Chromium, against a pretended manager: what the tests of pages share. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { expect } from 'vitest';
import { type FakeManager, type FakeOptions, startFakeManager } from '../dev/fake-manager.ts';

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];

function findChromium(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.flatMap((folder) => [join(folder, 'chromium'), join(folder, 'chromium-browser')]).find((path) => existsSync(path));
  if (found === undefined) throw new Error('Chromium is not on the PATH; `npm run setup` installs it');
  return found;
}

export interface OpenOptions extends Partial<FakeOptions> {
  readonly warmMs?: number;
  readonly path?: string;
  readonly scheme?: 'light' | 'dark';
  readonly locale?: string;
  readonly width?: number;
}

export class PageBench {
  readonly dist: string;
  readonly browser: Browser;
  context!: BrowserContext;
  page!: Page;
  manager!: FakeManager;
  complaints: string[] = [];

  constructor(dist: string, browser: Browser) {
    this.dist = dist;
    this.browser = browser;
  }

  /** Builds the page into a folder of its own and starts the browser. */
  static async start(): Promise<PageBench> {
    const dist = mkdtempSync(join(tmpdir(), 'tagmill-page-'));
    await build({ root: join(import.meta.dirname, '..'), logLevel: 'error', build: { outDir: dist, emptyOutDir: true } });
    return new PageBench(dist, await chromium.launch({ executablePath: findChromium(), args: ARGS }));
  }

  async stop(): Promise<void> {
    await this.browser.close();
    rmSync(this.dist, { recursive: true, force: true });
  }

  async open({ warmMs = 8_000, path = '', scheme = 'light', locale = 'en-GB', width = 1440, ...rest }: OpenOptions = {}): Promise<void> {
    this.complaints = [];
    this.manager = await startFakeManager({ port: 0, speed: 1, empty: false, key: null, dist: this.dist, ...rest });
    for (let ms = 0; ms < warmMs; ms += 100) this.manager.world.step(100);
    // Without motion: axe must not judge a colour on its way to another.
    const looks = { colorScheme: scheme, locale, reducedMotion: 'reduce' } as const;
    this.context = await this.browser.newContext({ viewport: { width, height: 900 }, ...looks });
    const page = await this.context.newPage();
    this.page = page;
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      const expected = /401 \(Unauthorized\)|WebSocket connection|409 \(Conflict\)|503 \(Service Unavailable\)/.test(message.text());
      if (message.type() === 'error' && !expected) this.complaints.push(message.text());
    });
    await page.goto(this.manager.url + path);
  }

  /** A violated content security policy or a thrown error is told on the console. */
  async end(): Promise<void> {
    await this.context.close();
    await this.manager.close();
    expect(this.complaints).toEqual([]);
  }

  task(name: string) {
    return this.manager.world.tasks.find((one) => one.name === name)!;
  }

  async select(name: string): Promise<void> {
    await this.page.getByTestId(`node-${name}`).click();
    await this.page.getByTestId('panel-state').waitFor();
  }

  stateIs(name: string, state: string): Promise<void> {
    return this.page.locator(`[data-testid="node-${name}"][data-state="${state}"]`).waitFor();
  }

  /** A key does nothing while the link counts as lost, as it may for a moment on a busy machine. */
  async pressWhenFree(key: string, action: string): Promise<void> {
    await this.page.locator(`[data-testid=action-${action}][aria-disabled=false]`).waitFor();
    await this.page.keyboard.press(key);
  }

  async confirm(): Promise<void> {
    await this.page.locator('[data-testid=confirm-action][aria-disabled=false]').click();
  }

  async noFindings(where: string): Promise<void> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    const serious = violations.filter((one) => one.impact === 'serious' || one.impact === 'critical');
    expect(serious.map((one) => `${where}: ${one.id} ${one.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)).toEqual([]);
  }
}
