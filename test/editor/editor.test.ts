import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { isInstalled } from '../../scripts/debian.ts';
import { freePort, type NodeRedProcess } from '../node-red/process.ts';
import {
  closeDialog,
  dragFromPalette,
  type EditorPage,
  launchBrowser,
  openDialog,
  openEditor,
  startEditor,
  wordlessLabels,
} from './browser.ts';

const root = join(import.meta.dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const types = Object.keys(manifest['node-red'].nodes).map((name) => `linewatch-${name}`);
const isConfig = (type: string) => {
  const path = join(root, (manifest['node-red'].nodes as Record<string, string>)[type.slice('linewatch-'.length)] as string);
  return readFileSync(path.replace(/\.js$/, '.html'), 'utf8').includes("category: 'config'");
};

// biome-ignore lint/suspicious/noExplicitAny: the editor's own global
declare const RED: any;

/** Which node opens the dialog of a config node, and by which field. */
const configFields: Record<string, [string, string]> = {
  'linewatch-modbus-connection': ['linewatch-modbus-in', 'connection'],
  'linewatch-onnx-model': ['linewatch-onnx-infer', 'model'],
};

for (const version of ['5', '4'] as const) {
  for (const language of version === '5' ? (['en-US', 'zh-CN'] as const) : (['en-US'] as const)) {
    describe(`the editor of Node-RED ${version === '4' ? '4.1' : '5'} in ${language}`, function () {
      this.timeout(120_000);
      let nodeRed: NodeRedProcess;
      let browser: Browser;
      let editor: EditorPage;
      let page: Page;

      before(async function () {
        if (!isInstalled('chromium')) {
          console.log('      skipped: the editor tests need chromium (as root: apt-get install chromium)');
          return this.skip();
        }
        nodeRed = await startEditor([{ id: 'tab1', type: 'tab', label: 'test' }], version);
        browser = await launchBrowser();
        editor = await openEditor(browser, nodeRed.url, language);
        page = editor.page;
      });
      after(async () => {
        await browser?.close();
        await nodeRed?.stop();
      });
      afterEach(() => {
        assert.deepEqual(editor?.errors.splice(0) ?? [], []);
      });

      types
        .filter((type) => !isConfig(type))
        .forEach((type, index) => {
          it(`${type} is dragged from the palette, opened and saved`, async () => {
            const id = await dragFromPalette(page, type, 200 + 220 * (index % 3), 80 + 70 * Math.floor(index / 3));
            await openDialog(page, id);
            assert.deepEqual(await wordlessLabels(page), []);
            assert.equal((await page.locator('#dialog-form input, #dialog-form select').count()) > 0, true);
            await closeDialog(page);
            const { config, icon } = await page.evaluate(
              (node) => ({ config: RED.nodes.node(node).type, icon: RED.utils.getNodeIcon(RED.nodes.node(node)._def) }),
              id,
            );
            assert.equal(config, type);
            assert.match(icon, /linewatch/, 'the palette shows an icon of its own');
          });
        });

      for (const [type, [user, field]] of Object.entries(configFields)) {
        it(`${type} is added from the dialog of ${user} and saved`, async () => {
          const id = await page.evaluate((wanted) => RED.nodes.filterNodes({ type: wanted })[0].id, user);
          await openDialog(page, id);
          await page.click(`#node-input-lookup-${field}, #node-input-btn-${field}-add`);
          await page.waitForSelector('#node-config-dialog-ok', { timeout: 10_000 });
          await page.waitForTimeout(400);
          assert.deepEqual(await wordlessLabels(page), []);
          await closeDialog(page, '#node-config-dialog-ok');
          await closeDialog(page);
          assert.equal(
            await page.evaluate((wanted) => {
              let found = 0;
              RED.nodes.eachConfig((node: { type: string }) => {
                if (node.type === wanted) found++;
              });
              return found;
            }, type),
            1,
          );
        });
      }

      it('every node has its help in this language', async () => {
        const texts = await page.evaluate(
          (all) =>
            all.map((type) => ({
              type,
              help: $(`<div>${RED.nodes.getNodeHelp(type)}</div>`)
                .text()
                .trim(),
            })),
          types,
        );
        for (const { type, help } of texts) {
          assert.ok(help.length > 200, `${type}: "${help.slice(0, 60)}"`);
          assert.equal(/[\u4e00-\u9fff]{3}/.test(help), language === 'zh-CN', `${type} speaks the wrong language`);
        }
      });

      it('example 01 is imported from the menu, deployed, and its nodes show that they work', async () => {
        await page.evaluate(() => RED.actions.invoke('core:show-examples-import-dialog'));
        await page.waitForSelector('#red-ui-clipboard-dialog-import-tab-examples .red-ui-treeList-label', { timeout: 10_000 });
        await page.waitForTimeout(500);
        // The list of packs, then ours.
        for (const label of ['@linewatch/node-red-edge-ai', '01-pump-watch']) {
          const entry = page
            .locator('#red-ui-clipboard-dialog-import-tab-examples .red-ui-treeList-label')
            .filter({ hasText: label })
            .last();
          await entry.click();
          await page.waitForTimeout(400);
        }
        await page.click('#red-ui-clipboard-dialog-ok');
        await page.waitForTimeout(800);
        // Another program on this machine, or a step beside this one, may have the usual port: the import is what is tested here.
        await page.evaluate(
          ([own, imported]) => {
            const move = (node: { z?: string; port: number }) => {
              // The simulator of the tests before is on a tab of its own.
              if (node.port === 10502) node.port = node.z === 'tab1' ? own : imported;
            };
            RED.nodes.eachNode(move);
            RED.nodes.eachConfig(move);
          },
          [await freePort(), await freePort()] as const,
        );
        await page.click('#red-ui-header-button-deploy');
        // The nodes of the tests before are not all set up: the editor asks.
        const confirm = page.locator('.red-ui-notification button.primary').first();
        await confirm.click({ timeout: 3000 }).catch(() => {});
        await page.click('#red-ui-workspace-tabs .red-ui-tab:has-text("Pump watch") .red-ui-tab-label');
        await page.waitForTimeout(500);
        /** What stands on the canvas below each node, as a person sees it. */
        const statuses = () =>
          page.evaluate(() => {
            const found: Record<string, { fill: string; text: string }> = {};
            for (const node of RED.nodes.filterNodes({ z: RED.workspaces.active() }) as {
              id: string;
              type: string;
              name: string;
              status?: { fill: string };
            }[]) {
              const text = document.getElementById(node.id)?.querySelector('.red-ui-flow-node-status-label')?.textContent ?? '';
              if (node.status && text !== '') found[`${node.type} ${node.name}`] = { fill: node.status.fill, text };
            }
            return found;
          });
        const expected = [
          'linewatch-plc-simulator pump skid',
          'linewatch-modbus-in pump',
          'linewatch-window 12 s',
          'linewatch-onnx-infer pump model',
          'linewatch-anomaly-score ',
          'linewatch-alert Pump',
        ];
        const deadline = Date.now() + 40_000;
        let seen = await statuses();
        while (Date.now() < deadline && !expected.every((name) => seen[name]?.fill === 'green')) {
          await page.waitForTimeout(500);
          seen = await statuses();
        }
        for (const name of expected) assert.equal(seen[name]?.fill, 'green', `${name}: ${JSON.stringify(seen[name])}`);
        if (language === 'zh-CN') assert.match(seen['linewatch-alert Pump']?.text ?? '', /[\u4e00-\u9fff]/);
        else assert.equal(seen['linewatch-alert Pump']?.text, 'normal');
      });
    });
  }
}
