import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { isInstalled } from '../../scripts/debian.ts';
import { digestGuard, type HttpCamera, startCamera } from '../ingest/camera/http-camera.ts';
import { jpeg } from '../ingest/camera/pictures.ts';
import type { NodeRedProcess } from '../node-red/process.ts';
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
    id: 'cam',
    type: 'linewatch-camera-in',
    z: 'tab1',
    name: 'hall',
    source: 'test',
    width: 320,
    height: 240,
    pace: 'message',
    intervalMs: 1000,
    x: 200,
    y: 100,
    wires: [[]],
  },
];

for (const [version, language, settings] of editors) {
  describe(`the dialog of camera in, Node-RED ${version} in ${language}`, function () {
    this.timeout(60_000);
    let nodeRed: NodeRedProcess;
    let browser: Browser;
    let editor: EditorPage;
    let page: Page;
    let camera: HttpCamera;
    const found = async (test: RegExp) => {
      await page.waitForFunction(
        (source) => new RegExp(source).test(document.querySelector('#linewatch-camera-found')?.textContent ?? ''),
        test.source,
        {
          timeout: 10_000,
        },
      );
    };

    before(async function () {
      if (!isInstalled('chromium')) {
        console.log('      skipped: the editor tests need chromium (as root: apt-get install chromium)');
        return this.skip();
      }
      const guard = digestGuard('SHA-256', 'operator', 'ge:h@im', 100);
      camera = await startCamera((request, response) => {
        if (guard.check(request, response)) response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(jpeg(1, 800, 600));
      });
      nodeRed = await startEditor(flow, version, settings);
      browser = await launchBrowser();
      editor = await openEditor(browser, nodeRed.url, language, 'light', settings === login ? ['engineer', 'secret'] : undefined);
      page = editor.page;
      // Before the login the editor is refused its settings.
      editor.errors.length = 0;
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
      await camera?.stop();
    });
    afterEach(() => assert.deepEqual(editor?.errors.splice(0) ?? [], []));

    it('shows the fields of the source alone, all with words, and a picture of it', async () => {
      await openDialog(page, 'cam');
      for (const source of ['snapshot', 'mjpeg', 'rtsp', 'folder', 'repeat', 'test']) {
        await page.selectOption('#node-input-source', source);
        assert.equal(await page.isVisible('#node-input-url'), ['snapshot', 'mjpeg', 'rtsp'].includes(source), source);
        assert.equal(await page.isVisible('#node-input-path'), ['folder', 'repeat'].includes(source), source);
        assert.equal(await page.isVisible('#node-input-width'), source === 'test', source);
      }
      assert.deepEqual(await wordlessLabels(page), []);
      await page.click('#linewatch-camera-look');
      await found(/320 × 240/);
      await page.waitForSelector('#linewatch-camera-picture:not([hidden])');
    });

    it('takes the login out of an address, looks with it, and keeps it out of the flow', async () => {
      await page.selectOption('#node-input-source', 'snapshot');
      await page.fill('#node-input-url', `${camera.url.replace('//', '//operator:ge%3Ah%40im@')}/snap.jpg`);
      await page.click('#node-input-user');
      assert.equal(await page.inputValue('#node-input-url'), `${camera.url}/snap.jpg`);
      assert.equal(await page.inputValue('#node-input-user'), 'operator');
      await page.click('#linewatch-camera-look');
      await found(/800 × 600/);
      await closeDialog(page);
      const saved = await page.evaluate(() => JSON.stringify(RED.nodes.createExportableNodeSet([RED.nodes.node('cam')])));
      assert.match(saved, /snap\.jpg/);
      assert.doesNotMatch(saved, /operator|ge:h@im|ge%3A/);
    });

    it('looks with the password that was deployed, at its own camera only', async () => {
      await page.click('#red-ui-header-button-deploy');
      await page.waitForFunction(() => RED.nodes.dirty() === false, null, { timeout: 10_000 });
      await page.waitForTimeout(1000);
      await openDialog(page, 'cam');
      await page.click('#linewatch-camera-look');
      await found(/800 × 600/);
      await page.fill('#node-input-url', camera.url.replace('127.0.0.1', 'localhost'));
      await page.click('#linewatch-camera-look');
      await page.waitForSelector('#linewatch-camera-found.linewatch-bad');
      assert.match((await page.textContent('#linewatch-camera-found')) ?? '', language === 'zh-CN' ? /密码/ : /stored password/);
      await closeDialog(page, '#node-dialog-cancel');
    });
  });
}
