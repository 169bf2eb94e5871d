import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { isInstalled } from '../../scripts/debian.ts';
import type { NodeRedProcess } from '../node-red/process.ts';
import { closeDialog, type EditorPage, launchBrowser, openDialog, openEditor, startEditor } from './browser.ts';

const score = { type: 'linewatch-anomaly-score', z: 'tab1', x: 300, falseAlarms: 'week', learnCount: '', wires: [[], []] };

describe('the dialog of anomaly score', function () {
  this.timeout(60_000);
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: EditorPage;
  let page: Page;
  before(async function () {
    if (!isInstalled('chromium')) {
      console.log('      skipped: the editor tests need chromium (as root: apt-get install chromium)');
      return this.skip();
    }
    nodeRed = await startEditor([
      { id: 'tab1', type: 'tab', label: 'test' },
      { ...score, id: 'plain', y: 80 },
      { ...score, id: 'switched', y: 160, name: 'pump 7', runningTag: 'current', runningIs: 'above', runningValue: '0.5' },
    ]);
    browser = await launchBrowser();
    editor = await openEditor(browser, nodeRed.url, 'en-US');
    page = editor.page;
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });

  it('of an older flow shows the dial, folds the rest away, and follows changes', async () => {
    await openDialog(page, 'plain');
    assert.equal(await page.isVisible('#node-input-falseAlarms'), true);
    assert.equal(await page.isVisible('#node-input-runningTag'), false);
    assert.equal(await page.isChecked('#node-input-follow'), true);
    assert.equal(await page.inputValue('#node-input-settle'), '60');
    await closeDialog(page);
    assert.deepEqual(editor.errors.splice(0), []);
  });

  it('asks for a value only where one is compared', async () => {
    await openDialog(page, 'switched');
    assert.equal(await page.isVisible('#node-input-runningValue'), true);
    await page.fill('#node-input-runningValue', 'much');
    await page.waitForSelector('#node-input-runningValue.input-error');
    await page.selectOption('#node-input-runningIs', 'on');
    assert.equal(await page.isVisible('#node-input-runningValue'), false);
    await closeDialog(page, '#node-dialog-cancel');
  });

  it('saves what was learned as a file, takes it back, and says what is wrong with another', async () => {
    await openDialog(page, 'switched');
    const download = page.waitForEvent('download');
    await page.getByText('Save as a file').click();
    const path = await (await download).path();
    assert.equal(JSON.parse(readFileSync(path, 'utf8')).version, 3);
    await page.getByText('Saved: pump-7-').waitFor();
    const give = (text: string | Buffer) =>
      page.setInputFiles('#linewatch-anomaly-state input[type=file]', {
        name: 'state.json',
        mimeType: 'application/json',
        buffer: Buffer.from(text),
      });
    await give(readFileSync(path));
    await page.getByText('Taken over from state.json').waitFor();
    await give('{"version":1}');
    await page.getByText('nothing that anomaly score has exported (it is of an older version of this node)').waitFor();
    await closeDialog(page, '#node-dialog-cancel');
    // The refusal is an HTTP status, which the browser notes.
    assert.deepEqual(
      editor.errors.splice(0).filter((line) => !line.includes('422')),
      [],
    );
  });
});
