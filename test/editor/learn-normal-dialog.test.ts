import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { Collector } from '../../nodes/score/learn/collect/collector.ts';
import type { TrainingRequest } from '../../nodes/score/learn/contract.ts';
import { isInstalled } from '../../scripts/debian.ts';
import { prepareUserDirectory } from '../../scripts/user-directory.ts';
import { type NodeRedProcess, startNodeRed } from '../node-red/process.ts';
import { columns, eventsOf, machineRows, off, requestFor } from '../score/learn/machine.ts';
import { closeDialog, type EditorPage, launchBrowser, openDialog, openEditor } from './browser.ts';

const root = join(import.meta.dirname, '..', '..');
const DAY = 24 * 3_600_000;
const START = Date.UTC(2026, 9, 5);
const learn = {
  type: 'linewatch-learn-normal',
  z: 'tab1',
  x: 300,
  task: 'normal',
  method: 'pca',
  measure: 'windows',
  windows: 400,
  hours: 1,
  perLabel: 60,
  repeat: 'day',
  target: '',
  wires: [[], []],
};
const recipe = (modelName: string) => JSON.stringify([modelName, 'pca', '']);

/** What a node keeps that learned a machine, and again each day, while its pressure sank by so much in all. */
function kept(modelName: string, sunk: number[]): { state: object; onnx: Uint8Array; manifest: object } {
  const collector = new Collector({ task: 'normal', amount: { windows: 400 }, everyMs: DAY, recipe: recipe(modelName) });
  let files: { onnx: Uint8Array; manifest: object } = { onnx: new Uint8Array(0), manifest: {} };
  for (const [day, by] of [0, ...sunk].entries()) {
    const rows = machineRows(400, { seed: 1 + day, change: off(3, -by) });
    for (let index = 0; index < 400; index++) {
      const values = rows.subarray(index * columns.length, (index + 1) * columns.length);
      const time = START + day * DAY + index * 10_000;
      collector.add({ kind: 'row', values, time, shape: { columns, inputDims: [1, columns.length], windowMs: 30_000 } });
    }
    const { shape, ...found } = collector.begin({ isOwn: day > 0 });
    const request: TrainingRequest = { ...requestFor(found.rows), ...shape, ...found };
    const last = eventsOf(request).at(-1);
    const now = START + (day + 1) * DAY;
    if (last?.kind === 'done') {
      files = last;
      collector.trained(last.report, now, last.anchor);
    } else if (last?.kind === 'refused') collector.refused({ code: last.code, context: last.context }, now);
  }
  return { state: collector.toState(), ...files };
}

describe('the dialog of learn normal', function () {
  this.timeout(120_000);
  let userDir: string;
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: EditorPage;
  let page: Page;
  before(async function () {
    if (!isInstalled('chromium')) {
      console.log('      skipped: the editor tests need chromium (as root: apt-get install chromium)');
      return this.skip();
    }
    userDir = mkdtempSync(join(tmpdir(), 'linewatch-editor-'));
    prepareUserDirectory(root, userDir);
    for (const [id, sunk] of [
      ['well', [0.05, 0.1]],
      ['worn', [0.1, 0.9]],
    ] as const) {
      const { state, onnx, manifest } = kept(id, [...sunk]);
      mkdirSync(join(userDir, 'linewatch', 'state'), { recursive: true });
      mkdirSync(join(userDir, 'linewatch', 'models', id), { recursive: true });
      writeFileSync(join(userDir, 'linewatch', 'state', `${id}.json`), JSON.stringify(state));
      writeFileSync(join(userDir, 'linewatch', 'models', id, 'model.onnx'), onnx);
      writeFileSync(join(userDir, 'linewatch', 'models', id, 'model.json'), JSON.stringify(manifest));
    }
    const flow = [
      { id: 'tab1', type: 'tab', label: 'test' },
      { ...learn, id: 'well', y: 80, modelName: 'well' },
      { ...learn, id: 'worn', y: 160, modelName: 'worn' },
    ];
    nodeRed = await startNodeRed({ userDir, flow });
    browser = await launchBrowser();
    editor = await openEditor(browser, nodeRed.url, 'en-US');
    page = editor.page;
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    if (userDir) rmSync(userDir, { recursive: true, force: true });
  });
  const shown = () => page.locator('#linewatch-learning');
  const accept = () => shown().getByRole('button', { name: 'Accept as normal' });

  it('shows how far the machine has moved while that is still learned, and has nothing to accept', async () => {
    await openDialog(page, 'well');
    await shown().getByText('Moved most').waitFor();
    assert.match(
      await shown().innerText(),
      /pressure mean: [\d.]+ bar, under like conditions [\d.]+ bar on .*; 1\.\d times its usual deviation/,
    );
    assert.equal(await shown().locator('button').count(), 0);
    await closeDialog(page);
    assert.deepEqual(editor.errors.splice(0), []);
  });

  it('says why the machine was not learned again, and learns it when that is accepted', async () => {
    await openDialog(page, 'worn');
    await accept().waitFor();
    assert.match(await shown().locator('.linewatch-problem').innerText(), /^pressure mean has moved since the machine was learned/);
    await accept().click();
    await page.waitForFunction(() => {
      // biome-ignore lint/suspicious/noExplicitAny: the editor's own global
      const { RED } = globalThis as any;
      return /^learned \d\d:\d\d · PCA from/.test(RED.nodes.node('worn').status?.text ?? '');
    });
    await closeDialog(page);
    await openDialog(page, 'worn');
    await shown().getByText('Learned', { exact: true }).waitFor();
    assert.equal(await accept().count(), 0);
    await closeDialog(page);
    assert.deepEqual(editor.errors.splice(0), []);
  });
});
