import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { loadSharp } from '../../nodes/media/image/sharp.ts';
import { isInstalled } from '../../scripts/debian.ts';
import { closeDialog, type EditorPage, editors, launchBrowser, openDialog, openEditor, startEditor, wordlessLabels } from './browser.ts';

// biome-ignore lint/suspicious/noExplicitAny: the editor's own global
declare const RED: any;

const flow = [
  { id: 'tab1', type: 'tab', label: 'test' },
  { id: 'image', type: 'linewatch-image', z: 'tab1', x: 200, y: 100, preset: 'yolo', wires: [[], []] },
];

for (const [version, language, settings] of editors) {
  describe(`the dialog of image in Node-RED ${version}, ${language}`, function () {
    this.timeout(60_000);
    let nodeRed: Awaited<ReturnType<typeof startEditor>>;
    let browser: Browser;
    let editor: EditorPage;
    let page: Page;
    let picture: Buffer;

    before(async function () {
      if (!isInstalled('chromium')) {
        console.log('      skipped: the editor tests need chromium (as root: apt-get install chromium)');
        return this.skip();
      }
      const sharp = await loadSharp();
      picture = await sharp({ create: { width: 400, height: 200, channels: 3, background: 'red' } })
        .png()
        .toBuffer();
      nodeRed = await startEditor(flow, version, settings);
      browser = await launchBrowser();
      const login = 'adminAuth' in settings ? (['engineer', 'secret'] as const) : undefined;
      editor = await openEditor(browser, nodeRed.url, language, 'light', login);
      page = editor.page;
      await openDialog(page, 'image');
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });

    const choose = (name: string, buffer: Buffer) => page.setInputFiles('#linewatch-image-chosen', { name, mimeType: 'image/png', buffer });
    const said = (text: RegExp) =>
      page.waitForFunction(
        ([source]) => new RegExp(source as string).test(document.querySelector('#linewatch-image-said')?.textContent ?? ''),
        [text.source],
      );
    const shown = (selector: string) => page.locator(selector).count();

    it('has words for everything, and shows what the preset says in empty fields', async () => {
      assert.deepEqual(await wordlessLabels(page), []);
      await page.waitForFunction(() => document.querySelector<HTMLInputElement>('#node-input-width')?.placeholder === '640');
      await page.selectOption('#node-input-preset', 'imagenet');
      await page.waitForFunction(() => document.querySelector<HTMLInputElement>('#node-input-cropPercent')?.placeholder === '87.5');
      assert.match((await page.locator('#node-input-fit option[value=""]').textContent()) ?? '', /cover/);
      assert.equal(await page.inputValue('#node-input-fit'), '');
      // A model of bytes gets bytes.
      const saysValues = (text: string) =>
        page.waitForFunction(
          (words) => document.querySelector('#node-input-values option[value=""]')?.textContent?.includes(words as string),
          text,
        );
      await page.selectOption('#node-input-elementType', 'uint8', { force: true });
      await saysValues('0..255');
      await page.selectOption('#node-input-elementType', 'int8', { force: true });
      await saysValues('−128..127');
      await page.selectOption('#node-input-elementType', '', { force: true });
      await page.selectOption('#node-input-preset', 'yolo');
    });

    it('shows a chosen picture and what the model sees of it, and anew when a field changes', async () => {
      await choose('board.png', picture);
      await said(/400 × 200.*float32 \[1 × 3 × 640 × 640\]/);
      assert.deepEqual([await shown('.linewatch-image-region'), await shown('.linewatch-image-rows img')], [1, 1]);
      await page.fill('#node-input-width', '128');
      await page.fill('#node-input-height', '128');
      await page.check('#node-input-tiles');
      await said(/\[18 × 3 × 128 × 128\]/);
      // The first twelve are enough to judge by.
      assert.deepEqual([await shown('.linewatch-image-region'), await shown('.linewatch-image-rows img')], [18, 12]);
    });

    it('says what is wrong with a picture or a setting', async () => {
      editor.errors.length = 0;
      await choose('board.png', Buffer.from('no picture'));
      await said(/"no picture"/);
      assert.equal(await page.locator('.linewatch-image-pair').isVisible(), false);
      await page.click('#linewatch-image-last');
      await said(language === 'zh-CN' ? /还没有收到图片/ : /no picture has come yet/);
      // The one is the answer 422 to what was no picture.
      assert.deepEqual(
        editor.errors.filter((error) => !/422/.test(error)),
        [],
      );
    });

    it('keeps what was set, and leaves what was not to the preset', async () => {
      await closeDialog(page);
      const kept = await page.evaluate(() => {
        const { width, tiles, fit, elementType } = RED.nodes.node('image');
        return [width, tiles, fit, elementType];
      });
      assert.deepEqual(kept, ['128', true, '', '']);
      assert.equal(await page.evaluate(() => RED.nodes.node('image').valid), true);
    });
  });
}
