import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

describe('the build, in a folder with spaces and letters of other alphabets', function () {
  this.timeout(60_000);
  let folder = '';
  const build = () =>
    new Promise<number | null>((resolve) => {
      const child = spawn(process.execPath, ['scripts/build.ts'], { cwd: folder, stdio: 'ignore' });
      child.once('exit', resolve);
    });
  const built = (file: string) => join(folder, 'dist', 'nodes', file);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'line watch Größe 泵 '));
    for (const name of ['nodes', 'icons', 'scripts', 'package.json', 'tsconfig.json'])
      cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
    assert.equal(await build(), 0);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('makes every node that package.json names, its dialog, icon and help', () => {
    const { 'node-red': pack } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    for (const path of Object.values(pack.nodes) as string[]) {
      for (const file of [path, path.replace(/\.js$/, '.html')]) assert.ok(existsSync(join(folder, file)), file);
    }
    assert.ok(readdirSync(built('alert/icons')).includes('alert.svg'));
    assert.ok(existsSync(built('alert/locales/zh-CN/alert.html')));
  });

  it('takes no file away from a Node-RED that runs meanwhile, and leaves none without a source', async () => {
    writeFileSync(built('alert/old.js'), '');
    const kept = [built('alert/alert.js'), built('alert/alert.html'), built('infer/host/process.js')];
    let missing = 0;
    const timer = setInterval(() => {
      missing += kept.filter((file) => !existsSync(file)).length;
    }, 1);
    assert.equal(await build(), 0);
    clearInterval(timer);
    assert.equal(missing, 0);
    assert.ok(!existsSync(built('alert/old.js')));
  });
});
