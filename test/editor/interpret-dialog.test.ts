import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { isInstalled } from '../../scripts/debian.ts';
import type { NodeRedProcess } from '../node-red/process.ts';
import { closeDialog, type EditorPage, launchBrowser, openDialog, openEditor, startEditor, wordlessLabels } from './browser.ts';

const interpret = {
  type: 'linewatch-interpret',
  z: 'tab1',
  x: 300,
  task: 'auto',
  model: '',
  output: '',
  activation: 'auto',
  topK: 5,
  labels: '',
  wires: [[]],
};

// biome-ignore lint/suspicious/noExplicitAny: the editor's own global
declare const RED: any;

describe('the dialog of interpret', function () {
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
      { ...interpret, id: 'plain', y: 80 },
      { ...interpret, id: 'zoned', y: 160, task: 'objects' },
    ]);
    browser = await launchBrowser();
    editor = await openEditor(browser, nodeRed.url, 'en-US');
    page = editor.page;
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });

  const zonesOf = (id: string): Promise<{ name: string; points: [number, number][] }[]> =>
    page.evaluate((node) => JSON.parse(RED.nodes.node(node).zones || '[]'), id);
  const near = (got: readonly number[] | undefined, expected: readonly number[]) =>
    got?.forEach((value, index) => {
      assert.ok(Math.abs(value - (expected[index] as number)) < 0.02, `${got}, not ${expected}`);
    });
  /** A place in the picture, 0..1. */
  const place = async (x: number, y: number) => {
    const { x: left, y: top, width, height } = (await page.locator('.linewatch-zone-stage svg').boundingBox()) as DOMRect;
    return { x: left + x * width, y: top + y * height };
  };
  const click = async (x: number, y: number) => {
    const at = await place(x, y);
    await page.mouse.click(at.x, at.y);
  };

  it('shows the fields of a task, and no others', async () => {
    await openDialog(page, 'plain');
    const visible = async (...fields: string[]) => {
      const all = ['threshold', 'only', 'leastArea', 'topK', 'labels', 'labelsFile', 'zonePoint'];
      const shown: string[] = [];
      for (const field of all) if (await page.isVisible(`#node-input-${field}`)) shown.push(field);
      assert.deepEqual(shown, fields);
    };
    await visible('topK', 'labels', 'labelsFile');
    for (const [task, ...fields] of [
      ['objects', 'threshold', 'only', 'labels', 'labelsFile', 'zonePoint'],
      ['anomalyMap', 'threshold', 'leastArea', 'zonePoint'],
      ['textLines', 'threshold', 'zonePoint'],
      ['text', 'threshold', 'labelsFile'],
      ['classify', 'topK', 'labels', 'labelsFile'],
      ['reconstruction'],
    ] as const) {
      await page.selectOption('#node-input-task', task);
      await visible(...fields);
      assert.deepEqual(await wordlessLabels(page), []);
    }
    // How scores become probabilities matters for two tasks only.
    await page.evaluate(() => document.querySelector('details.linewatch-more')?.setAttribute('open', ''));
    for (const [task, isShown] of [
      ['objects', true],
      ['classify', true],
      ['text', false],
    ] as const) {
      await page.selectOption('#node-input-task', task);
      assert.equal(await page.isVisible('#node-input-activation'), isShown, task);
    }
    await closeDialog(page, '#node-dialog-cancel');
  });

  it('draws zones on a picture with the mouse: corners, drag, one more corner, one less', async () => {
    await openDialog(page, 'zoned');
    const picture = await sharp({ create: { width: 640, height: 360, channels: 3, background: '#446688' } })
      .png()
      .toBuffer();
    await page.setInputFiles('#linewatch-interpret-zones input[type=file]', { name: 'line.png', mimeType: 'image/png', buffer: picture });
    await page.waitForSelector('.linewatch-zone-stage.has-picture');
    await page.locator('.linewatch-zone-stage').scrollIntoViewIfNeeded();
    await page.getByText('Draw a zone').click();
    for (const [x, y] of [
      [0.1, 0.1],
      [0.5, 0.1],
      [0.5, 0.6],
      [0.1, 0.6],
      [0.1, 0.1],
    ] as const)
      await click(x, y);
    await page.keyboard.type('press');
    // A corner dragged, one added between two, which is then removed.
    const from = await place(0.5, 0.6);
    const to = await place(0.8, 0.9);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 5 });
    await page.mouse.up();
    await click(0.3, 0.1);
    assert.equal(await page.locator('.linewatch-zone-stage circle.corner').count(), 5);
    const added = await place(0.3, 0.1);
    await page.mouse.dblclick(added.x, added.y);
    assert.equal(await page.locator('.linewatch-zone-stage circle.corner').count(), 4);
    await closeDialog(page);
    const [zone, ...others] = await zonesOf('zoned');
    assert.deepEqual([zone?.name, others.length], ['press', 0]);
    [
      [0.1, 0.1],
      [0.5, 0.1],
      [0.8, 0.9],
      [0.1, 0.6],
    ].forEach((corner, index) => {
      near(zone?.points[index], corner);
    });
  });

  it('draws and deletes zones with the keyboard alone, and wants a name for each', async () => {
    await openDialog(page, 'zoned');
    await page.getByText('Draw a zone').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    // The rectangle's name is ready to be typed over.
    await page.keyboard.type('press');
    await page.focus('[data-key="corner 1 0"]');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await closeDialog(page);
    near((await zonesOf('zoned'))[1]?.points[0], [0.29, 0.28]);
    assert.deepEqual(await page.evaluate(() => RED.nodes.node('zoned').validationErrors), ['Zones: each name only once']);
    await openDialog(page, 'zoned');
    await page.fill('[data-key="name 1"]', 'gate');
    await page.getByLabel('delete press').click();
    await closeDialog(page);
    assert.deepEqual(
      (await zonesOf('zoned')).map(({ name }) => name),
      ['gate'],
    );
    assert.deepEqual(await page.evaluate(() => RED.nodes.node('zoned').validationErrors ?? []), []);
    assert.deepEqual(editor.errors.splice(0), []);
  });
});
