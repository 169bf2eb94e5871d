import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { isInstalled } from '../../scripts/debian.ts';
import { MODEL_ID, modelFlow } from '../node-red/model-flow.ts';
import type { NodeRedProcess } from '../node-red/process.ts';
import { closeDialog, type EditorPage, launchBrowser, openEditor, startEditor } from './browser.ts';

// biome-ignore lint/suspicious/noExplicitAny: the editor's own global
declare const RED: any;

const showTab = (page: Page, id: string) => page.evaluate((tab) => RED.sidebar.show(tab), id);

for (const version of ['5', '4'] as const) {
  for (const language of version === '5' ? (['en-US', 'zh-CN'] as const) : (['en-US'] as const)) {
    describe(`the sidebar of Node-RED ${version === '4' ? '4.1' : '5'} in ${language}`, function () {
      this.timeout(90_000);
      // What does not differ between versions and languages is tried once.
      const whole = version === '5' && language === 'en-US';
      let nodeRed: NodeRedProcess;
      let browser: Browser;
      let editor: EditorPage;
      let page: Page;
      let polls = 0;
      const words = (english: string, chinese: string) => (language === 'zh-CN' ? chinese : english);
      const card = () => page.locator(`.linewatch-model[data-model="${MODEL_ID}"]`);
      const value = async (figure: string) =>
        (await card().locator(`[data-figure="${figure}"] :is(dd, .linewatch-value)`).innerText()).trim();

      before(async function () {
        if (!isInstalled('chromium')) {
          console.log('      skipped: the editor tests need chromium (as root: apt-get install chromium)');
          return this.skip();
        }
        nodeRed = await startEditor(modelFlow, version);
        browser = await launchBrowser();
        editor = await openEditor(browser, nodeRed.url, language);
        page = editor.page;
        page.on('request', (request) => {
          if (request.url().includes('linewatch/hosts')) polls++;
        });
      });
      after(async () => {
        await browser?.close();
        await nodeRed?.stop();
      });
      afterEach(() => {
        assert.deepEqual(editor?.errors.splice(0) ?? [], []);
      });

      if (whole)
        it('asks the gateway for nothing before it is opened', async () => {
          await page.waitForTimeout(2500);
          assert.equal(polls, 0);
        });

      it('shows what the model is doing, and draws it', async () => {
        await page.evaluate(() => RED.actions.invoke('linewatch:show-models'));
        await card().locator('.linewatch-dot.green').waitFor({ timeout: 20_000 });
        assert.equal(await card().locator('header a').innerText(), 'pump model');
        assert.equal(await card().locator('.linewatch-state').innerText(), words('ready', '就绪'));
        assert.match(
          await card().locator('.linewatch-facts').innerText(),
          language === 'zh-CN' ? /^版本 1\.0\.0 · \w+/ : /^version 1\.0\.0 · \w+/,
        );
        await card().locator('[data-figure="runs"] polyline').first().waitFor({ timeout: 15_000 });
        await page.waitForTimeout(3000);
        const messages = Number.parseFloat(await value('messages'));
        assert.ok(messages > 3 && messages < 15, `${messages} messages/s of 10`);
        assert.match(await value('run'), /^[\d.]+ \/ [\d.]+ ms$/);
        assert.match(await value('memory'), process.platform === 'linux' ? /^[\d.]+ MB$/ : /./);
        assert.equal(await value('failed'), '0');
        const answered = async () => Number((await value('answered')).replace(/\D/g, ''));
        const before = await answered();
        await page.waitForTimeout(2500);
        assert.ok((await answered()) > before, 'the figures are live');
        for (const curve of ['runs', 'run', 'memory']) {
          if (curve === 'memory' && process.platform !== 'linux') continue;
          const points = await card().locator(`[data-figure="${curve}"] polyline`).first().getAttribute('points');
          assert.match(points ?? '', /^[\d.]+,[\d.]+( [\d.]+,[\d.]+)+$/);
        }
      });

      it('speaks the language of the editor', async () => {
        const labels = await card().locator('dt, figcaption > span:first-child').allInnerTexts();
        assert.ok(labels.length >= 10);
        for (const label of labels) {
          assert.doesNotMatch(label, /sidebar\.|figure\./);
          if (language === 'zh-CN') assert.match(label, /[\u4e00-\u9fff]/);
        }
      });

      it('opens the settings of the model whose name is clicked', async () => {
        await card().locator('header a').click();
        await page.waitForSelector('#node-config-dialog-ok', { timeout: 10_000 });
        await page.waitForTimeout(400);
        assert.equal(await page.inputValue('#node-config-input-name'), 'pump model');
        await closeDialog(page, '#node-config-dialog-cancel');
      });

      if (whole)
        it('asks for nothing while another tab is shown, and at once when it is shown again', async () => {
          await showTab(page, 'info');
          await page.waitForTimeout(300);
          polls = 0;
          await page.waitForTimeout(3000);
          assert.equal(polls, 0);
          await showTab(page, 'linewatch');
          await page.waitForTimeout(800);
          assert.ok(polls >= 1);
        });

      if (whole)
        it('says when there is no model, and when the gateway does not answer', async () => {
          const notice = page.locator('.linewatch-notice');
          const says = async (pattern: RegExp) => {
            await page.waitForFunction(
              ({ source }) => new RegExp(source).test(document.querySelector<HTMLElement>('.linewatch-notice')?.innerText ?? ''),
              { source: pattern.source },
              { timeout: 10_000 },
            );
            assert.ok(await notice.isVisible());
          };
          await page.route('**/linewatch/hosts*', (route) => route.fulfill({ json: { at: 1, models: [] } }));
          await says(/No model is deployed/);
          assert.equal(await card().count(), 0);
          await page.unroute('**/linewatch/hosts*');
          await card().waitFor({ timeout: 10_000 });
          assert.ok(await notice.isHidden());
          await page.route('**/linewatch/hosts*', (route) => route.abort());
          await says(/does not answer/);
          await page.unroute('**/linewatch/hosts*');
          await notice.waitFor({ state: 'hidden', timeout: 10_000 });
          // The browser itself logs the request that failed.
          editor.errors.splice(0, editor.errors.length, ...editor.errors.filter((error) => !error.includes('linewatch/hosts')));
        });
    });
  }
}
