/** A real browser (Debian's Chromium) on the editor of a real Node-RED with the built pack. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { prepareUserDirectory } from '../../scripts/user-directory.ts';
import { type NodeRedProcess, startNodeRed } from '../node-red/process.ts';

const root = join(import.meta.dirname, '..', '..');
export type EditorLanguage = 'en-US' | 'zh-CN';

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** @param settings goes into settings.js, as JSON */
export async function startEditor(
  flow: object[],
  version: '4' | '5' = '5',
  settings: object = {},
): Promise<NodeRedProcess & { userDir: string }> {
  const userDir = mkdtempSync(join(tmpdir(), 'linewatch-editor-'));
  prepareUserDirectory(root, userDir);
  const nodeRed = await startNodeRed({ userDir, flow, version, settings });
  return {
    ...nodeRed,
    userDir,
    async stop() {
      await nodeRed.stop();
      rmSync(userDir, { recursive: true, force: true });
    },
  };
}

export interface EditorPage {
  page: Page;
  /** Errors in the browser's console, and exceptions. */
  errors: string[];
}

/** Opens the editor and waits until its palette is there. */
export async function openEditor(
  browser: Browser,
  url: string,
  language: EditorLanguage,
  colorScheme: 'light' | 'dark' = 'light',
  login?: readonly [user: string, password: string],
): Promise<EditorPage> {
  const context = await browser.newContext({ locale: language, colorScheme, viewport: { width: 1500, height: 950 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(url);
  if (login !== undefined) {
    await page.fill('#node-dialog-login-username', login[0]);
    await page.fill('#node-dialog-login-password', login[1]);
    await page.click('#node-dialog-login-submit');
  }
  await page.waitForSelector('.red-ui-palette-node[data-palette-type="linewatch-window"]', { timeout: 60_000 });
  await page.waitForSelector('#red-ui-workspace-chart svg, svg#red-ui-workspace-chart, #red-ui-workspace-chart', { timeout: 30_000 });
  await page.waitForTimeout(500);
  return { page, errors };
}

/** Drags a node from the palette onto the canvas; returns its id. */
export async function dragFromPalette(page: Page, type: string, x: number, y: number): Promise<string> {
  const before = await nodeIds(page);
  const entry = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
  await entry.scrollIntoViewIfNeeded();
  const from = await entry.boundingBox();
  const canvas = await page.locator('#red-ui-workspace-chart').boundingBox();
  if (from === null || canvas === null) throw new Error(`${type} is not to be seen in the palette`);
  await page.mouse.move(from.x + 20, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(canvas.x + x - 40, canvas.y + y, { steps: 4 });
  await page.mouse.move(canvas.x + x, canvas.y + y, { steps: 4 });
  await page.mouse.up();
  const after = (await nodeIds(page)).filter((id) => !before.includes(id));
  if (after.length !== 1) throw new Error(`dragging ${type} made ${after.length} nodes`);
  return after[0] as string;
}

// biome-ignore lint/suspicious/noExplicitAny: the editor's own global
declare const RED: any;

const nodeIds = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const ids: string[] = [];
    RED.nodes.eachNode((node: { id: string }) => ids.push(node.id));
    return ids;
  });

/** Opens a node's dialog by double click and waits until it stands still. */
export async function openDialog(page: Page, id: string): Promise<void> {
  const place = await page.locator(`[id="${id}"] .red-ui-flow-node`).first().boundingBox();
  if (place === null) throw new Error(`node ${id} is not to be seen`);
  await page.mouse.dblclick(place.x + place.width / 2, place.y + place.height / 2);
  await page.waitForSelector('#node-dialog-ok', { timeout: 10_000 });
  await page.waitForTimeout(400);
}

export async function closeDialog(page: Page, button = '#node-dialog-ok'): Promise<void> {
  await page.click(button);
  await page.waitForSelector(button, { state: 'detached', timeout: 10_000 });
  await page.waitForTimeout(250);
}

/** The texts of the open dialog that show a key instead of words, or nothing at all. */
export const wordlessLabels = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.red-ui-tray:last-of-type [data-i18n]')]
      .map((element) => ({ key: element.dataset.i18n ?? '', text: (element.textContent ?? '').trim() }))
      .filter(
        ({ key, text }) =>
          !key.startsWith('[') && !/^(common|editor|node-red)/.test(key) && (text === '' || text === key || text.endsWith(key)),
      )
      .map(({ key, text }) => `${key}: "${text}"`),
  );

/** Settings of a Node-RED that asks for a login: name engineer, password secret. */
export const login = {
  adminAuth: {
    type: 'credentials',
    users: [{ username: 'engineer', password: '$2b$04$REobxX3ZDJrwDIDNSyWPmu2ZLVPd93cwO7mn1LX5WEAhtGzZGkmD.', permissions: '*' }],
  },
};

/** The editors that a dialog is tried in: Node-RED, its language, its settings. */
export const editors = [
  ['5', 'en-US', login],
  ['5', 'zh-CN', {}],
  ['4', 'en-US', {}],
] as const;
