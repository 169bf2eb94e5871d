import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { isInstalled } from '../../scripts/debian.ts';
import { launchBrowser, openDialog, openEditor, startEditor } from './browser.ts';

const flow = [
  { id: 'tab1', type: 'tab', label: 'test' },
  {
    id: 'plc',
    type: 'linewatch-modbus-connection',
    host: '127.0.0.1',
    port: 1502,
    timeoutMs: 1000,
    units: [{ unit: '7', oneBased: true }],
  },
  // As version 0.2 saved it.
  {
    ...{ id: 'out', type: 'linewatch-modbus-out', z: 'tab1', x: 200, y: 100, wires: [[]], connection: 'plc', unit: 1, tag: 'set-point' },
    ...{ area: 'holding', address: 10, dataType: 'float32', order: 'CDAB', scale: 1, offset: 0, tagUnit: '', minimum: '', maximum: '' },
  },
];

describe('the dialog of modbus out', function () {
  this.timeout(60_000);
  let nodeRed: Awaited<ReturnType<typeof startEditor>>;
  let browser: Browser;
  let page: Page;
  let errors: string[];

  before(async function () {
    if (!isInstalled('chromium')) {
      console.log('      skipped: the editor tests need chromium (as root: apt-get install chromium)');
      return this.skip();
    }
    nodeRed = await startEditor(flow);
    browser = await launchBrowser();
    ({ page, errors } = await openEditor(browser, nodeRed.url, 'en-US'));
    await openDialog(page, 'out');
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });

  const field = (name: string) => `#node-input-${name}`;
  const isRed = (name: string) => page.locator(field(name)).evaluate((element) => element.classList.contains('input-error'));
  const isShown = (name: string) => page.locator(field(name)).isVisible();

  it('shows a node of an older version as it was, armed', async () => {
    assert.equal(await page.inputValue(field('dataType')), 'float32');
    assert.equal(await page.isChecked(field('armed')), true);
    assert.equal(await isShown('rateMax'), false);
    assert.deepEqual(errors, []);
  });

  // Area, type, address, unit → what is wrong, what is shown beside, the function.
  const cases: [string, string, string, string, wrong: boolean, wire: string, code: number][] = [
    ['holding', 'uint16', '40011', '1', false, 'on the wire 10 (40011)', 6],
    ['holding', 'float32', '4x11', '1', false, 'on the wire 10 (40011)', 16],
    ['holding', 'uint16', '11', '7', false, 'on the wire 10 (40011)', 6],
    ['holding', 'bool', '40001.3', '1', false, 'on the wire 0 (40001.3)', 22],
    ['holding', 'bool', '40001', '1', true, 'on the wire 0 (40001)', 22],
    ['holding', 'uint16', '70000', '1', true, '', 6],
    ['holding', 'float64', '#65534', '1', true, 'on the wire 65534 (465535)', 16],
    ['coil', 'bool', '3', '1', false, 'on the wire 3 (00004)', 5],
  ];
  it('shows the address on the wire and the function beside what is typed, and what can not be in red', async () => {
    for (const [area, type, address, unit, wrong, wire, code] of cases) {
      await page.selectOption(field('area'), area);
      if (area === 'holding') await page.selectOption(field('dataType'), type);
      await page.fill(field('unit'), unit);
      await page.fill(field('address'), address);
      const what = `${area} ${type} ${address}`;
      assert.equal(await page.inputValue(field('dataType')), type, what);
      assert.equal(await isRed('address'), wrong, what);
      assert.equal(await page.textContent('#linewatch-wire'), wire, what);
      assert.match((await page.textContent('#linewatch-function')) ?? '', new RegExp(`function ${code}\\.`), what);
    }
    assert.equal(await isShown('dataType'), false);
    assert.deepEqual(errors, []);
  });
});
