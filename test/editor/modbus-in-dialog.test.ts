import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { isInstalled } from '../../scripts/debian.ts';
import { startServer, type TestServer } from '../ingest/modbus/server.ts';
import { closeDialog, type EditorPage, launchBrowser, openDialog, openEditor, startEditor, wordlessLabels } from './browser.ts';

// biome-ignore lint/suspicious/noExplicitAny: the editor's own global
declare const RED: any;

const row = (more: object) => ({ area: 'holding', type: 'float32', order: 'ABCD', ...more });
const flowFor = (port: number, gatePort: number) => [
  { id: 'tab1', type: 'tab', label: 'test' },
  { id: 'plc', type: 'linewatch-modbus-connection', host: '127.0.0.1', port, timeoutMs: 1000, transport: 'tcp', units: [] },
  {
    ...{ id: 'few', type: 'linewatch-modbus-in', z: 'tab1', x: 200, y: 100, connection: 'plc', unit: 1, trigger: 'input', send: 'every' },
    ...{ scanMs: 1000, tags: [row({ name: 'flow', address: '40001', unit: 'm³/h' })], wires: [[]] },
  },
  { id: 'slow', type: 'linewatch-modbus-connection', host: '127.0.0.1', port: gatePort, timeoutMs: 20000, transport: 'tcp', units: [] },
  {
    ...{ id: 'late', type: 'linewatch-modbus-in', z: 'tab1', x: 200, y: 220, connection: 'slow', unit: 1, trigger: 'input', send: 'every' },
    ...{ scanMs: 1000, tags: [row({ name: 'flow', address: '40001' })], wires: [[]] },
  },
  {
    ...{ id: 'none', type: 'linewatch-modbus-in', z: 'tab1', x: 200, y: 280, connection: '', unit: 1, trigger: 'input', send: 'every' },
    ...{ scanMs: 1000, tags: [], wires: [[]] },
  },
  // As version 0.1 saved it.
  {
    ...{ id: 'many', type: 'linewatch-modbus-in', z: 'tab1', x: 200, y: 160, connection: 'plc', unit: 1, scanMs: 60000, wires: [[]] },
    tags: Array.from({ length: 1000 }, (_, index) => row({ name: `t${index}`, address: 2 * index, scale: '', offset: '', unit: '' })),
  },
];

/** Lets the answers of a server through only when asked to. */
async function startGate(port: number) {
  const held: (() => void)[] = [];
  const gate = createServer((client) => {
    const device = createConnection(port, '127.0.0.1');
    client.pipe(device);
    device.on('data', (data) => held.push(() => client.write(data)));
    for (const [one, other] of [
      [client, device],
      [device, client],
    ] as const)
      one.on('close', () => other.destroy()).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  return {
    port: (gate.address() as AddressInfo).port,
    held: () => held.length,
    letThrough() {
      for (const send of held.splice(0)) send();
    },
    close: () => gate.close(),
  };
}

describe('the tag table of modbus in', function () {
  this.timeout(30_000);
  let server: TestServer;
  let gate: Awaited<ReturnType<typeof startGate>>;
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
    gate = await startGate(server.port);
    nodeRed = await startEditor(flowFor(server.port, gate.port));
    browser = await launchBrowser();
    editor = await openEditor(browser, nodeRed.url, 'en-US');
    page = editor.page;
    await openDialog(page, 'few');
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    gate?.close();
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
  const choose = (text: string | Buffer) =>
    page.setInputFiles('#linewatch-tags-file', { name: 'tags.csv', mimeType: 'text/csv', buffer: Buffer.from(text as string) });
  const replaceAll = () => page.locator('.red-ui-notification button.primary').click();
  const problemList = () => page.locator('#linewatch-tags-problems .linewatch-problem');
  const reading = (at: number) => line(at).locator('.linewatch-reading');
  const readRow = (at: number) => line(at).locator('[data-action="read"]').click();
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

  it('says of a reading that came from elsewhere than the arrow points to what is to be done', async () => {
    await page.evaluate(() => {
      RED.nodes.node('plc').units = [{ unit: '1', oneBased: 'true' }];
    });
    await page.locator('#node-input-unit').dispatchEvent('change');
    await cell(0, 'address').fill('1');
    assert.equal(await wire(0), '→ 0');
    await readRow(0);
    await reading(0).locator('b', { hasText: 'read at wire 1; deploy the connection first' }).waitFor();
    await page.fill('#node-input-unit', '01');
    assert.deepEqual([await wire(0), await reading(0).innerText()], ['→ 0', ''], 'what was read of another unit is not shown');
    await page.fill('#node-input-unit', '$' + '{UNIT}');
    assert.deepEqual([await wire(0), await summary().isVisible()], ['→ ?', false]);
    await cell(0, 'address').fill('40001');
    assert.equal(await wire(0), '→ 0');
    await page.evaluate(() => {
      RED.nodes.node('plc').units = [];
    });
    await page.fill('#node-input-unit', '1');
  });

  it('takes nothing of a file that has a mistake, and says where it is', async () => {
    await choose('name;area;address;type\nlevel;holding;40003;float32\nlevel;holding;40005;float32\nx;input;1;float99\n');
    await replaceAll();
    const problems = problemList();
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

  it('knows the names of IEC 61131-3 in single columns, and asks what 1,000 is', async () => {
    await paste(0, 'type', 'DINT\nREAL\n');
    assert.deepEqual([await cell(0, 'type').inputValue(), await cell(1, 'type').inputValue()], ['int32', 'float32']);
    await paste(0, 'area', 'Input Register\nholding registers\n');
    assert.deepEqual([await cell(0, 'area').inputValue(), await cell(1, 'area').inputValue()], ['input', 'holding']);
    await paste(0, 'scale', '0,5\n1,000\n');
    assert.equal(await problemList().innerText(), 'row 2, Scale: 1,000 can be 1 or 1000; write 1 or 1000');
    assert.deepEqual([await cell(0, 'scale').inputValue(), await cell(1, 'scale').inputValue()], ['', '0.1'], 'nothing is pasted');
    await paste(0, 'type', 'REAL\nREAL\n');
    await paste(0, 'area', 'holding\nholding\n');
    assert.equal(await problemList().count(), 0);
  });

  it('knows a quoted heading in its box for pasting', async () => {
    await page.click('#linewatch-tags-paste');
    await page.fill('#linewatch-tags-paste-box textarea', '"address","name","area"\n"40011","quoted","holding"\n');
    await page.click('#linewatch-tags-paste-take');
    await line(3).waitFor();
    assert.deepEqual([(await names())[3], await wire(3)], ['quoted', '→ 10']);
    await line(3).locator('[data-action="remove"]').click();
  });

  it('says which column a refused file is missing, and that a file is too large for the gateway', async () => {
    await choose('name;area;Adresse\na;holding;40001\n');
    await replaceAll();
    await problemList().nth(1).waitFor();
    const [unknown, missing] = await problemList().allInnerTexts();
    assert.match(unknown ?? '', /^row 1: column "Adresse" is not known/);
    assert.match(missing ?? '', /^row 1: column "address" is missing/);
    // Each quote is sent as two characters.
    await choose(`name;area;address\n${'"'.repeat(2_700_000)}`);
    await replaceAll();
    await page.locator('#linewatch-tags-problems .linewatch-problem', { hasText: /^expected at most 10,000 rows and 4 MB/ }).waitFor();
    editor.errors.splice(0, Infinity, ...editor.errors.filter((error) => !/413/.test(error)));
  });

  it('exports a file that it imports again unchanged', async () => {
    const waiting = page.waitForEvent('download');
    await page.click('#linewatch-tags-export');
    const text = readFileSync(await (await waiting).path(), 'utf8');
    assert.match(text, /^\uFEFFname,area,address,.*\r\nflow,holding,40001,float32,,ABCD,,,l\/min,,,#0\r\n/);
    await line(2).locator('[data-action="remove"]').click();
    await choose(text);
    await replaceAll();
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

  it('does not show what was read beside an address that was changed meanwhile', async () => {
    await openDialog(page, 'late');
    await readRow(0);
    while (gate.held() === 0) await page.waitForTimeout(10);
    await cell(0, 'address').fill('40003');
    const answered = page.waitForResponse(/read-now/);
    gate.letThrough();
    await (await answered).finished();
    await page.waitForTimeout(100);
    assert.equal(await reading(0).innerText(), '');
    await readRow(0);
    while (gate.held() === 0) await page.waitForTimeout(10);
    gate.letThrough();
    await reading(0).locator('small', { hasText: '0000 0000' }).waitFor();
    await closeDialog(page, '#node-dialog-cancel');
  });

  it('says what to do while it is empty, and that reading needs a connection', async () => {
    await openDialog(page, 'none');
    const hint = page.locator('.linewatch-tags-none');
    assert.equal(await hint.innerText(), 'No tags yet. Add one, or import them.');
    await choose(Buffer.from('name;area;address;unit\r\nTür;holding;40001;\xb0C\r\n', 'latin1'));
    await line(0).waitFor();
    assert.deepEqual([await cell(0, 'name').inputValue(), await cell(0, 'unit').inputValue()], ['Tür', '°C']);
    await page.locator('.red-ui-notification', { hasText: 'It was read as windows-1252' }).waitFor();
    assert.equal(await hint.isVisible(), false);
    await readRow(0);
    await reading(0).locator('b', { hasText: 'choose a connection first' }).waitFor();
    await closeDialog(page, '#node-dialog-cancel');
  });

  it('has room for the type and the length of a text, however wide it is', async () => {
    await openDialog(page, 'none');
    await page.click('.linewatch-tags-foot button');
    await cell(0, 'type').selectOption('string');
    for (const width of [820, 1100, 1240, 1260, 1500]) {
      await page.locator('#node-input-tags-table').evaluate((table, px) => {
        table.style.width = `${px}px`;
      }, width);
      await page.waitForTimeout(60);
      const room = await cell(0, 'type').evaluate((field) => {
        const { font, paddingLeft, paddingRight } = getComputedStyle(field);
        const context = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
        context.font = font;
        // The arrow of a select takes about 20 px.
        return (
          field.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight) - 20 - context.measureText('string').width
        );
      });
      assert.ok(room >= 0, `${width} px: ${room} px are missing`);
    }
    await closeDialog(page, '#node-dialog-cancel');
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
    // The rows follow the scrolling in the browser's own time.
    for (let tries = 0; (await names()).at(-1) !== 't999' && tries < 50; tries++) await page.waitForTimeout(100);
    assert.equal((await names()).at(-1), 't999');
    await closeDialog(page);
    assert.equal(await page.evaluate(() => RED.nodes.node('many').tags.length), 1000);
    assert.equal(await page.evaluate(() => RED.nodes.node('many').trigger), 'scan', 'what version 0.1 did not know');
  });

  it('leaves no error in the console', () => assert.deepEqual(editor.errors, []));
});
