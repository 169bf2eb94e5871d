import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { isInstalled } from '../../scripts/debian.ts';
import { scaleModel } from '../infer/models.ts';
import {
  closeDialog,
  type EditorPage,
  editors,
  launchBrowser,
  login,
  openDialog,
  openEditor,
  startEditor,
  wordlessLabels,
} from './browser.ts';

// biome-ignore lint/suspicious/noExplicitAny: the editor's own global
declare const RED: any;

const flow = [
  { id: 'tab1', type: 'tab', label: 'test' },
  {
    id: 'model',
    type: 'linewatch-onnx-model',
    path: 'pump-autoencoder.onnx',
    backend: 'native',
    threads: 0,
    deadlineMs: 10000,
    memoryMb: '',
  },
  { id: 'infer', type: 'linewatch-onnx-infer', z: 'tab1', x: 200, y: 100, model: 'model', queueLimit: 100, wires: [[], []] },
];
/** "secret", by bcrypt. */
for (const [version, language, settings] of editors) {
  describe(`the model dialog in Node-RED ${version === '4' ? '4.1' : '5'} in ${language}${settings === login ? ', behind a login' : ''}`, function () {
    this.timeout(60_000);
    let nodeRed: Awaited<ReturnType<typeof startEditor>>;
    let browser: Browser;
    let editor: EditorPage;
    let page: Page;

    before(async function () {
      if (!isInstalled('chromium')) {
        console.log('      skipped: the editor tests need chromium (as root: apt-get install chromium)');
        return this.skip();
      }
      nodeRed = await startEditor(flow, version, settings);
      browser = await launchBrowser();
      editor = await openEditor(browser, nodeRed.url, language, 'light', settings === login ? ['engineer', 'secret'] : undefined);
      page = editor.page;
      await openDialog(page, 'infer');
      await page.click('#node-input-lookup-model, #node-input-btn-model-edit');
      await page.waitForSelector('#node-config-dialog-ok', { timeout: 10_000 });
      await page.waitForTimeout(400);
      editor.errors.splice(0);
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });

    const description = () => page.locator('#linewatch-model-description');
    const choose = async (name: string, content: Uint8Array | string) => {
      const buffer = Buffer.from(content);
      await page.setInputFiles('#linewatch-model-file', { name, mimeType: 'application/octet-stream', buffer });
    };
    const see = (place: string, text: RegExp) => page.locator(place).filter({ hasText: text }).waitFor({ timeout: 15_000 });

    it('describes the model that is chosen, and has a word for every label', async () => {
      await see('#linewatch-model-description', /features/);
      assert.match(await description().innerText(), /float32\s+\[batch, 14\]/);
      assert.deepEqual(await wordlessLabels(page), []);
      assert.equal(/[\u4e00-\u9fff]/.test(await description().innerText()), language === 'zh-CN');
    });

    it('shows a flow of version 0.1 with its backend by its new name, and what is new by default', async () => {
      assert.equal(await page.inputValue('#node-config-input-backend'), 'cpu');
      const batchLimit = await page.evaluate(() => RED.nodes.getType('linewatch-onnx-model').defaults.batchLimit.value);
      assert.equal(await page.inputValue('#node-config-input-batchLimit'), String(batchLimit));
      assert.equal(await page.isChecked('#node-config-input-watch'), true);
      assert.equal(await page.locator('.linewatch-more').getAttribute('open'), null);
    });

    it('takes a model by its upload, chooses it, and offers it from then on', async () => {
      await choose('twice.onnx', scaleModel(2, 7));
      await see('#linewatch-model-description', /\[batch, 7\]/);
      assert.equal(await page.inputValue('#node-config-input-path'), 'twice.onnx');
      assert.ok(existsSync(join(nodeRed.userDir, 'linewatch', 'models', 'twice.onnx')));
      await page.click('#linewatch-model-list');
      await page.locator('[role="option"]').filter({ hasText: 'twice.onnx' }).waitFor();
      await page.locator('[role="option"]').filter({ hasText: 'pump-autoencoder.onnx' }).click();
      assert.equal(await page.inputValue('#node-config-input-path'), 'pump-autoencoder.onnx');
      await see('#linewatch-model-description', /\[batch, 14\]/);
    });

    it('searches the list while one types', async () => {
      await page.fill('#node-config-input-path', 'TWI');
      await page.locator('[role="option"]').filter({ hasText: 'twice.onnx' }).waitFor();
      assert.equal(await page.locator('[role="option"]').count(), 1);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      assert.equal(await page.inputValue('#node-config-input-path'), 'twice.onnx');
      await see('#linewatch-model-description', /\[batch, 7\]/);
    });

    it('shows the progress of a large upload, and takes it back when it is cancelled', async () => {
      const client = await page.context().newCDPSession(page);
      const limits = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 200_000 };
      await client.send('Network.emulateNetworkConditions', limits);
      await choose('large.data', new Uint8Array(3_000_000));
      await page.waitForFunction(
        () => Number(document.querySelector<HTMLProgressElement>('#linewatch-model-progress progress')?.value) > 0,
      );
      await page.click('#linewatch-model-progress button');
      await page.locator('#linewatch-model-progress').waitFor({ state: 'hidden' });
      await client.send('Network.emulateNetworkConditions', { ...limits, uploadThroughput: -1 });
      await client.detach();
      assert.ok(!existsSync(join(nodeRed.userDir, 'linewatch', 'models', 'large.data')));
    });

    it('asks before a file takes the place of another', async () => {
      await choose('twice.onnx', scaleModel(2, 9));
      await page.locator('.red-ui-notification button.primary').click();
      await see('#linewatch-model-description', /\[batch, 9\]/);
    });

    it('says in its language why a file is not taken', async () => {
      await choose('page.onnx', '<!DOCTYPE html><html></html>');
      await see('#linewatch-model-progress .linewatch-problem', language === 'zh-CN' ? /[\u4e00-\u9fff]{4}/ : /page\.onnx.*HTML/);
      assert.ok(!existsSync(join(nodeRed.userDir, 'linewatch', 'models', 'page.onnx')));
      // The browser itself puts each answer that is no success into its console.
      assert.match(editor.errors.splice(0).join(), /422/);
    });

    it('tries the model and tells what it costs', async () => {
      await page.click('#linewatch-model-try');
      await see('#linewatch-model-trial', /cpu|wasm/);
      const facts = await page.locator('#linewatch-model-trial').innerText();
      assert.ok((facts.match(/[\d.]+ ms/g) ?? []).length === 3, facts);
    });

    it('says in its language what is wrong with a path, and with a setting', async () => {
      await page.fill('#node-config-input-path', 'none.onnx');
      await page.locator('#node-config-input-name').focus();
      await see('#linewatch-model-description .linewatch-problem', language === 'zh-CN' ? /[\u4e00-\u9fff]/ : /none\.onnx is in none of/);
      await page.click('#linewatch-model-try');
      await see('#linewatch-model-trial .linewatch-problem', /none\.onnx/);
      assert.match(editor.errors.splice(0).join(), /404/);
    });

    it('is saved with what was chosen', async () => {
      await page.fill('#node-config-input-path', 'twice.onnx');
      await page.click('.linewatch-more summary');
      await page.selectOption('#node-config-input-spinning', 'no');
      await closeDialog(page, '#node-config-dialog-ok');
      await closeDialog(page);
      const saved = await page.evaluate(() => {
        const { path, backend, spinning, watch, feeds } = RED.nodes.node('model');
        return { path, backend, spinning, watch, feeds };
      });
      assert.deepEqual(saved, { path: 'twice.onnx', backend: 'cpu', spinning: 'no', watch: true, feeds: [] });
    });

    it('leaves no error in the console', () => assert.deepEqual(editor.errors, []));
  });
}
