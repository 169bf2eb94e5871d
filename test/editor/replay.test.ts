import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { recordPump } from '../../nodes/ingest/pump/recording.ts';
import { isInstalled } from '../../scripts/debian.ts';
import {
  closeDialog,
  dragFromPalette,
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

/** An hour of a pump, replayed into the node at once: in its last quarter a bearing wears. */
const flow = [
  { id: 'tab1', type: 'tab', label: 'test' },
  {
    ...{ id: 'csv', type: 'linewatch-sensor-in', z: 'tab1', name: '', mode: 'csv', path: 'linewatch/examples/pump.csv', separator: 'auto' },
    ...{ timeColumn: 'time', intervalMs: 1000, columns: '', speed: 1e6, loop: false, rows: [], staleMs: 0, topic: 'pump' },
    ...{ x: 200, y: 100, wires: [['score'], []] },
  },
  {
    id: 'score',
    type: 'linewatch-anomaly-score',
    z: 'tab1',
    name: '',
    falseAlarms: 'week',
    learnCount: '',
    x: 400,
    y: 100,
    wires: [[], []],
  },
];
/** "secret", by bcrypt. */
for (const [version, language, settings] of editors) {
  describe(`replay to tune in Node-RED ${version === '4' ? '4.1' : '5'} in ${language}${settings === login ? ', behind a login' : ''}`, function () {
    this.timeout(90_000);
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
      editor.errors.splice(0);
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });
    afterEach(() => {
      assert.deepEqual(editor?.errors.splice(0) ?? [], []);
    });

    const isChinese = language === 'zh-CN';
    const start = () => page.locator('.linewatch-replay-source button.primary');
    const says = (english: RegExp, chinese: RegExp) =>
      page
        .locator('.linewatch-replay-note')
        .filter({ hasText: isChinese ? chinese : english })
        .waitFor({ timeout: 30_000 });
    const counts = () => page.locator('.linewatch-replay-dials b').allInnerTexts();
    const listed = () => page.locator('.linewatch-replay-alarms > li button').count();
    const choose = (content: string, name = 'plant.csv') =>
      page.setInputFiles('.linewatch-replay-source input[type=file]', { name, mimeType: 'text/csv', buffer: Buffer.from(content) });

    it('says what the node has recorded, and has a word for every label', async () => {
      await openDialog(page, 'score');
      await says(/60 min recorded since .*: 3,600 messages, tags: 7/, /3,600 条消息，7 个变量/);
      assert.equal(await page.locator('.linewatch-replay-source select').inputValue(), 'recording');
      assert.deepEqual(await wordlessLabels(page), []);
      assert.doesNotMatch(await page.locator('.linewatch-replay').innerText(), /replay\.|__/);
    });

    it('replays it, and counts the alarms of all four positions of the dial', async () => {
      await start().click();
      await says(/3,600 messages of 60 min replayed/, /已回放 60 min/);
      const all = (await counts()).map(Number);
      assert.equal(all.length, 4);
      assert.ok((all[2] as number) > 0, String(all));
      assert.equal(await listed(), all[2]);
      assert.equal(await page.locator('.linewatch-replay-chart .alarm').count(), all[2]);
      const verdict = await page.locator('.linewatch-replay-verdict').innerText();
      assert.match(verdict, isChinese ? /每周一次/ : /about one per week/);
      for (const part of ['signal', 'score', 'threshold']) {
        assert.match((await page.locator(`.linewatch-replay-chart .${part}`).getAttribute('d')) ?? '', /^M[\d.]+,[\d.]+L/);
      }
      // The bearing wears from minute 45 on.
      const words = await page.locator('.linewatch-replay-alarms .linewatch-replay-alarm').allInnerTexts();
      assert.ok(
        words.some((alarm) => /:(4[5-9]|5\d):\d\d/.test(alarm)),
        words.join('\n'),
      );
    });

    it('moves threshold and alarms at once with the dial, and the dial of the node with them, asking the gateway for nothing', async () => {
      let asked = 0;
      const count = () => void asked++;
      page.on('request', count);
      const before = await page.locator('.linewatch-replay-chart .threshold').getAttribute('d');
      await page.locator('.linewatch-replay-dials label').first().click();
      assert.equal(await page.inputValue('#node-input-falseAlarms'), 'hour');
      assert.notEqual(await page.locator('.linewatch-replay-chart .threshold').getAttribute('d'), before);
      assert.equal(await listed(), Math.min(100, Number((await counts())[0])));
      await page.selectOption('#node-input-falseAlarms', 'month');
      assert.ok(await page.locator('.linewatch-replay-dials label').last().locator('input').isChecked());
      assert.equal(await listed(), Number((await counts())[3]));
      await page.locator('.linewatch-replay-dials input').last().focus();
      await page.keyboard.press('ArrowLeft');
      assert.equal(await page.inputValue('#node-input-falseAlarms'), 'week');
      page.off('request', count);
      assert.equal(asked, 0);
    });

    it('reads time, value, score and cause under the pointer, and with the keyboard', async () => {
      const chart = page.locator('.linewatch-replay-chart');
      const readout = () => page.locator('.linewatch-replay-readout').innerText();
      const place = await chart.boundingBox();
      assert.ok(place);
      await page.mouse.move(place.x + place.width / 2, place.y + 60);
      const line = await readout();
      assert.match(line, isChinese ? /得分 \d\.\d\d（阈值 \d\.\d\d）/ : /score \d\.\d\d \(threshold \d\.\d\d\)/);
      assert.match(line, /\d+:\d\d:\d\d/);
      await chart.focus();
      await page.keyboard.press('End');
      const last = await readout();
      assert.notEqual(last, line);
      assert.equal(await chart.getAttribute('aria-valuetext'), last);
      await page.keyboard.press('ArrowLeft');
      assert.notEqual(await readout(), last);
    });

    it('shows the cause of the alarm that is clicked, in the list and in the picture', async () => {
      const entry = page.locator('.linewatch-replay-alarms .linewatch-replay-alarm').first();
      const cause = await entry.locator('span').innerText();
      await entry.click();
      assert.ok((await page.locator('.linewatch-replay-readout').innerText()).includes(cause));
      assert.equal(await page.locator('.linewatch-replay-chart .alarm.chosen').count(), 1);
      await page.locator('.linewatch-replay-tag select').selectOption({ index: 1 });
      await page.locator('.linewatch-replay-chart .alarm path').last().click({ force: true });
      const chosen = page.locator('.linewatch-replay-alarms li.chosen');
      assert.equal(await chosen.count(), 1);
      const words = await chosen.locator('span').innerText();
      assert.ok((await page.locator('.linewatch-replay-readout').innerText()).includes(words));
    });

    it('takes the fields as they stand in the dialog', async () => {
      const learnt = () => page.locator('.linewatch-replay-chart .phase').first().getAttribute('width').then(Number);
      const before = await learnt();
      await page.locator('.linewatch-more summary').first().click();
      await page.fill('#node-input-learnCount', '600');
      await start().click();
      await page.waitForFunction(
        (width) => Number(document.querySelector('.linewatch-replay-chart .phase')?.getAttribute('width')) > 2 * width,
        before,
      );
      await page.fill('#node-input-learnCount', 'many');
      await start().click();
      await page
        .locator('.linewatch-replay-note.linewatch-problem')
        .filter({ hasText: /learnCount/ })
        .waitFor();
      assert.match(editor.errors.splice(0).join(), /400/);
      await closeDialog(page, '#node-dialog-cancel');
    });

    it('keeps the recording when the node is deployed with another setting', async () => {
      await page.evaluate(() => {
        const node = RED.nodes.node('score');
        node.falseAlarms = 'month';
        node.changed = node.dirty = true;
        RED.nodes.dirty(true);
        // Of a full deploy the recording would grow meanwhile: the CSV would begin anew.
        RED.actions.invoke('core:set-deploy-type-to-modified-nodes');
        RED.actions.invoke('core:deploy-flows');
      });
      await page.waitForFunction(() => !RED.nodes.dirty(), undefined, { timeout: 10_000 });
      await page.waitForTimeout(1500);
      await openDialog(page, 'score');
      await says(/[3-9],\d{3} messages, tags: 7/, /[3-9],\d{3} 条消息，7 个变量/);
      await closeDialog(page, '#node-dialog-cancel');
    });

    it('replays a CSV for a node that is not deployed yet, and says what is missing meanwhile', async () => {
      const id = await dragFromPalette(page, 'linewatch-anomaly-score', 500, 250);
      await openDialog(page, id);
      await says(/no recording yet/, /尚无记录/);
      await choose(recordPump());
      await says(/3,600 messages of 60 min replayed/, /已回放 60 min/);
      assert.ok(Number((await counts())[2]) > 0);
      // Semicolons, decimal commas, no times.
      await choose('name;level\n'.concat(...Array.from({ length: 400 }, (_, row) => `a;${50 + (row % 17)},5\n`)));
      await says(/No column with times/, /未找到时间列/);
      await choose('name\nBob\n');
      await page.locator('.linewatch-replay-note.linewatch-problem').filter({ hasText: 'name' }).waitFor();
      assert.match(editor.errors.splice(0).join(), /422/);
    });

    it('replays a CSV of the user directory, and none that lies elsewhere', async () => {
      writeFileSync(join(nodeRed.userDir, 'plant.csv'), recordPump());
      await page.selectOption('.linewatch-replay-source select', 'path');
      await page.fill('.linewatch-replay-source input[type=text]', 'plant.csv');
      await page.keyboard.press('Enter');
      await says(/3,600 messages of 60 min replayed/, /已回放 60 min/);
      for (const path of ['/etc/hosts', 'settings.js', '../../etc/passwd']) {
        await page.fill('.linewatch-replay-source input[type=text]', path);
        await start().click();
        await page.locator('.linewatch-replay-note.linewatch-problem').filter({ hasText: path }).waitFor();
        assert.match(editor.errors.splice(0).join(), /403|404/);
      }
    });

    it('can be cancelled, and starts anew', async () => {
      const client = await page.context().newCDPSession(page);
      const limits = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 100_000 };
      await client.send('Network.emulateNetworkConditions', limits);
      await page.selectOption('.linewatch-replay-source select', 'file');
      await choose(recordPump().repeat(10));
      await page.locator('.linewatch-replay .linewatch-progress button').click();
      await says(/Cancelled/, /已取消/);
      await client.send('Network.emulateNetworkConditions', { ...limits, uploadThroughput: -1 });
      await client.detach();
      await choose(recordPump());
      await says(/3,600 messages of 60 min replayed/, /已回放 60 min/);
    });
  });
}
