/**
 * `npm run screenshots`: writes the README's pictures, screenshots/flow.png and screenshots/dashboard.png, from the built pack
 * running example 02 with a fault under way. Needs Chromium; takes about two minutes.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { launchBrowser, openEditor } from '../test/editor/browser.ts';
import { freePort, startNodeRed } from '../test/node-red/process.ts';
import { ensureInstalled } from './debian.ts';
import { prepareUserDirectory } from './user-directory.ts';

/** Healthy seconds before the fault: enough for the trends to show a line. */
const HEALTHY_S = 75;
const FAULTY_S = 20;
const FAULT = 'cavitation 100 %';

interface FlowNode {
  id: string;
  type: string;
  name?: string;
  [property: string]: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: the editor's own global
declare const RED: any;

const root = join(import.meta.dirname, '..');
const pictures = join(root, 'screenshots');
for (const line of ensureInstalled(['chromium'])) fail(line);

const flow = JSON.parse(readFileSync(join(root, 'examples', '02-pump-watch-dashboard.json'), 'utf8')) as FlowNode[];
const port = await freePort();
for (const node of flow) {
  if (node.type === 'linewatch-plc-simulator' || node.type === 'linewatch-modbus-connection') node.port = port;
}
const button = flow.find(({ type, name }) => type === 'inject' && name === FAULT) ?? fail(`example 02 has no inject node "${FAULT}"`);

const userDir = mkdtempSync(join(tmpdir(), 'linewatch-screenshots-'));
prepareUserDirectory(root, userDir);
// Unlike in the tests, the checkout's own dashboard pack is wanted here.
const nodeRed = await startNodeRed({ userDir, flow, settings: { externalModules: { palette: { allowList: ['*'], denyList: [] } } } });
const browser = await launchBrowser();
try {
  // The dashboard draws what comes while it is open, so it is opened first.
  const dashboard = await browser.newPage({ locale: 'en-US', viewport: { width: 1400, height: 900 } });
  await dashboard.goto(`${nodeRed.url}/dashboard/pump`);
  await dashboard.waitForSelector('canvas', { timeout: 60_000 });
  const { page: editor } = await openEditor(browser, nodeRed.url, 'en-US');
  await editor.waitForFunction(() => RED.nodes.filterNodes({ type: 'linewatch-anomaly-score' })[0]?.status?.fill === 'green', undefined, {
    timeout: 120_000,
  });
  await editor.waitForTimeout(1000 * HEALTHY_S);

  await nodeRed.press(button.id);
  await dashboard.getByText('raised', { exact: true }).first().waitFor({ timeout: 60_000 });
  await editor.waitForTimeout(1000 * FAULTY_S);

  mkdirSync(pictures, { recursive: true });
  await fitFlow(editor);
  await save(editor, 'flow.png');
  await save(dashboard, 'dashboard.png');
} finally {
  await browser.close();
  await nodeRed.stop();
  rmSync(userDir, { recursive: true, force: true });
}

/** The whole flow on the canvas, no side bars. */
async function fitFlow(editor: Page): Promise<void> {
  await editor.setViewportSize({ width: 1500, height: 900 });
  await editor.evaluate(() => {
    RED.menu.setSelected('menu-item-left-sidebar', false);
    RED.menu.setSelected('menu-item-right-sidebar', false);
    RED.actions.invoke('core:zoom-fit');
  });
  await editor.mouse.move(5, 5);
  await editor.waitForTimeout(1500);
}

async function save(page: Page, name: string): Promise<void> {
  const path = join(pictures, name);
  await page.screenshot({ path });
  console.log(`screenshots/${name}: ${Math.round(statSync(path).size / 1000)} kB`);
}

function fail(line: string): never {
  console.error(line);
  process.exit(1);
}
