import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { isInstalled } from '../../scripts/debian.ts';
import { startServer, type TestServer } from '../ingest/modbus/server.ts';
import { closeDialog, type EditorPage, launchBrowser, openDialog, openEditor, startEditor, wordlessLabels } from './browser.ts';

// biome-ignore lint/suspicious/noExplicitAny: the editor's own global
declare const RED: any;

const row = (more: object) => ({ area: 'holding', type: 'float32', order: 'ABCD', ...more });
const flowFor = (port: number) => [
  { id: 'tab1', type: 'tab', label: 'test' },
  { id: 'plc', type: 'linewatch-modbus-connection', host: '127.0.0.1', port, timeoutMs: 1000, transport: 'tcp', units: [] },
  {
    ...{ id: 'few', type: 'linewatch-modbus-in', z: 'tab1', x: 200, y: 100, connection: 'plc', unit: 1, trigger: 'input', send: 'every' },
    ...{ scanMs: 1000, tags: [row({ name: 'flow', address: '40001', unit: 'm³/h' })], wires: [[]] },
  },
  // As version 0.1 saved it.
  {
    ...{ id: 'many', type: 'linewatch-modbus-in', z: 'tab1', x: 200, y: 160, connection: 'plc', unit: 1, scanMs: 60000, wires: [[]] },
    tags: Array.from({ length: 1000 }, (_, index) => row({ name: `t${index}`, address: 2 * index, scale: '', offset: '', unit: '' })),
  },
];

describe('the tag table of modbus in', function () {
  this.timeout(30_000);
  let server: TestServer;
  let nodeRed: Awaited<ReturnType<typeof startEditor>>;
  let browser: Browser;
  let editor: EditorPage;
  let page: Page;

  before(async function () {
    if (!isInstalled('chromium')) {
      console.log('      skipped: the editor tests need chromium (as root: apt-get install chromium)');
      return this.skip();
    }
    server = await startServer();
    server.holding.set([0x42f6, 0xe979], 0);
    nodeRed = await startEditor(flowFor(server.port));
    browser = await launchBrowser();
    editor = await openEditor(browser, nodeRed.url, 'en-US');
    page = editor.page;
    await openDialog(page, 'few');
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await server?.close();
  });

  const line = (at: number) => page.locator('.linewatch-tags-body .linewatch-tag').nth(at);
  const cell = (at: number, key: string) => line(at).locator(`[data-key="${key}"]`);
  const wire = (at: number) => line(at).locator('.linewatch-wire').innerText();
  const names = () =>
    page.evaluate(() =>
      [...document.querySelectorAll<HTMLInputElement>('.linewatch-tags-body [data-key="name"]')].map(({ value }) => value),
    );
  const summary = () => page.locator('.linewatch-tags-foot .linewatch-problem');
  const choose = (text: string) =>
    page.setInputFiles('#linewatch-tags-file', { name: 'tags.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  const paste = (at: number, key: string, text: string) =>
    cell(at, key).evaluate((field, given) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text', given);
      field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }, text);

  it('has a word for every label', async () => {
    assert.deepEqual(await wordlessLabels(page), []);
    const texts = await page.locator('.red-ui-tray').last().innerText();
    assert.doesNotMatch(texts, /modbus-in\.|__\w+__/);
  });

  it('shows the address on the wire as one types, and what is wrong with it', async () => {
    assert.equal(await wire(0), '→ 0');
    for (const [typed, shown] of [
      ['4x11', '→ 10'],
      ['30775', '→ 30775'],
      ['#40001', '→ 40001'],
      ['70000', '→ –'],
    ] as const) {
      await cell(0, 'address').fill(typed);
      assert.equal(await wire(0), shown);
    }
    assert.match((await cell(0, 'address').getAttribute('class')) ?? '', /input-error/);
    assert.match(await summary().innerText(), /^row 1, Address: is outside/);
    await cell(0, 'address').fill('40001');
    assert.equal(await summary().isVisible(), false);
  });

  it('reads a row now', async () => {
    await line(0).locator('[data-action="read"]').click();
    await line(0).locator('.linewatch-reading small', { hasText: '42F6 E979' }).waitFor();
    assert.equal(await line(0).locator('.linewatch-reading b').innerText(), '123.456 m³/h');
  });

  it('duplicates a row at the address that follows, moves and deletes it', async () => {
    await line(0).locator('[data-action="duplicate"]').click();
    assert.deepEqual([await names(), await wire(1)], [['flow', 'flow_2'], '→ 2']);
    await cell(1, 'name').press('Alt+ArrowUp');
    assert.deepEqual(await names(), ['flow_2', 'flow']);
    await line(0).locator('[data-action="remove"]').click();
    assert.deepEqual(await names(), ['flow']);
  });

  it('takes nothing of a file that has a mistake, and says where it is', async () => {
    await choose('name;area;address;type\nlevel;holding;40003;float32\nlevel;holding;40005;float32\nx;input;1;float99\n');
    await page.locator('.red-ui-notification button.primary').click();
    const problems = page.locator('#linewatch-tags-problems .linewatch-problem');
    await problems.nth(1).waitFor();
    const texts = await problems.allInnerTexts();
    assert.match(texts[0] ?? '', /^row 3.*used twice/);
    assert.match(texts[1] ?? '', /^row 4: type: expected one of bool/);
    assert.deepEqual(await names(), ['flow']);
  });

  it('takes cells from a spreadsheet: whole rows, and single columns', async () => {
    await paste(0, 'name', 'level\tholding\t40003\tREAL\t\tCDAB\t0,1\r\npump\tcoil\t00001\tBOOL\r\n');
    await line(2).waitFor();
    assert.deepEqual(await names(), ['flow', 'level', 'pump']);
    assert.deepEqual(await Promise.all(['type', 'order', 'scale'].map((key) => cell(1, key).inputValue())), ['float32', 'CDAB', '0.1']);
    assert.equal(await wire(2), '→ 0');
    await paste(0, 'unit', 'l/min\nbar\n');
    assert.deepEqual([await cell(0, 'unit').inputValue(), await cell(1, 'unit').inputValue()], ['l/min', 'bar']);
  });

  it('exports a file that it imports again unchanged', async () => {
    const waiting = page.waitForEvent('download');
    await page.click('#linewatch-tags-export');
    const text = readFileSync(await (await waiting).path(), 'utf8');
    assert.match(text, /^\uFEFFname,area,address,.*\r\nflow,holding,40001,float32,,ABCD,,,l\/min,,,#0\r\n/);
    await line(2).locator('[data-action="remove"]').click();
    await choose(text);
    await page.locator('.red-ui-notification button.primary').click();
    await line(2).waitFor();
    assert.deepEqual(await names(), ['flow', 'level', 'pump']);
  });

  it('is saved as it is shown', async () => {
    await page.selectOption('#node-input-send', 'change');
    await closeDialog(page);
    const saved = await page.evaluate(() => {
      const { trigger, send, tags } = RED.nodes.node('few');
      return { trigger, send, tag: tags[1] };
    });
    assert.deepEqual(saved, {
      trigger: 'input',
      send: 'change',
      tag: {
        ...{ name: 'level', area: 'holding', address: '40003', type: 'float32', length: '', order: 'CDAB', scale: '0.1' },
        ...{ offset: '', unit: 'bar', deadband: '', description: '' },
      },
    });
  });

  it('opens with 1,000 rows in less than 1.5 s, and reaches the last one', async () => {
    const tookMs = await page.evaluate(async () => {
      const begin = performance.now();
      RED.editor.edit(RED.nodes.node('many'));
      while (!document.querySelector('.linewatch-tags-body .linewatch-tag')) await new Promise(requestAnimationFrame);
      return performance.now() - begin;
    });
    assert.ok(tookMs < 1500, `${tookMs} ms`);
    await page.waitForTimeout(400);
    await page.locator('.linewatch-tags-body').evaluate((body) => {
      body.scrollTop = body.scrollHeight;
    });
    await page.waitForFunction(() => document.querySelectorAll('.linewatch-tags-body .linewatch-tag').length > 0);
    await cell(0, 'name').waitFor();
    assert.equal((await names()).at(-1), 't999');
    await closeDialog(page);
    assert.equal(await page.evaluate(() => RED.nodes.node('many').tags.length), 1000);
    assert.equal(await page.evaluate(() => RED.nodes.node('many').trigger), 'scan', 'what version 0.1 did not know');
  });

  it('leaves no error in the console', () => assert.deepEqual(editor.errors, []));
});
