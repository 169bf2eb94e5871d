import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pack } from './pack.ts';

const root = join(import.meta.dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const nodes: [string, string][] = Object.entries(manifest['node-red'].nodes);
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The literal and the object source of `RED.nodes.registerType('literal', { … })`. */
const registration = (html: string) => /RED\.nodes\.registerType\(\s*'([^']+)',\s*\{/.exec(html)?.[1];
const isConfigNode = (html: string) => /category: 'config'/.test(html);

describe('what npm pack ships', function () {
  this.timeout(60_000);

  it('is the list of expected files, no more and no less', () => {
    const expected = read('test/package/expected-files.txt').trim().split('\n');
    assert.deepEqual(pack().files, expected, 'after a deliberate change: npm pack --dry-run, and mend expected-files.txt');
  });

  it('is small enough to copy to a gateway by hand: under 3 MB unpacked beside its models, and these at most 1.5 MB each', () => {
    const models = pack().files.filter((path) => path.endsWith('.onnx'));
    const sizes = models.map((path) => statSync(join(root, path)).size);
    for (const [index, size] of sizes.entries()) assert.ok(size <= 1.5e6, `${models[index]}: ${size} bytes`);
    const others = pack().unpackedSize - sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(others < 3 * 2 ** 20, `${others} bytes`);
  });

  it('holds no test, no source and no path of a build machine', () => {
    for (const file of pack().files) assert.doesNotMatch(file, /\.ts$|^test\/|^scripts\/|\.map$/);
    for (const file of pack().files.filter((name) => /\.(js|json|html)$/.test(name))) {
      assert.ok(!read(file).includes(root), `${file} holds the path of the checkout`);
    }
  });
});

describe("the flow library's rules", () => {
  it('licence, repository, homepage, bugs, scoped name, keyword', () => {
    assert.equal(manifest.license, 'Apache-2.0');
    assert.ok(existsSync(join(root, 'LICENSE')));
    assert.match(manifest.repository.url, /^git\+https:\/\/github\.com\//);
    assert.match(manifest.name, /^@[a-z-]+\/node-red-[a-z-]+$/);
    assert.ok(manifest.keywords.includes('node-red'));
  });

  it('versions admit Node-RED 4.1 and 5 and Node 22.9', () => {
    assert.equal(manifest['node-red'].version, '>=4.1.0');
    assert.equal(manifest.engines.node, '>=22.9');
  });

  it('at most 6 dependencies, all with carets, optional ones too', () => {
    assert.ok(Object.keys(manifest.dependencies).length <= 6);
    for (const range of Object.values({ ...manifest.dependencies, ...manifest.optionalDependencies })) assert.match(String(range), /^\^/);
    assert.equal(manifest.scripts.install ?? manifest.scripts.postinstall ?? manifest.scripts.preinstall, undefined);
  });

  for (const [name, path] of nodes) {
    const html = () => read(path.replace(/\.js$/, '.html'));
    it(`${name}: registers one literal type in the checker's form, under its own name, and ships dialog, help and both languages`, () => {
      assert.equal(registration(html()), `linewatch-${name}`);
      assert.equal(html().match(/registerType\(/g)?.length, 1);
      const folder = path.replace(/[^/]+$/, '');
      for (const language of ['en-US', 'zh-CN']) {
        for (const ending of ['json', 'html'])
          assert.ok(pack().files.includes(`${folder}locales/${language}/${name}.${ending}`), `${language} ${ending}`);
      }
      assert.match(html(), new RegExp(`data-template-name="linewatch-${name}"`));
    });
  }

  it('every node but config nodes stands in an example', () => {
    const used = new Set(
      pack()
        .files.filter((file) => file.startsWith('examples/'))
        .flatMap((file) => (JSON.parse(read(file)) as { type: string }[]).map(({ type }) => type)),
    );
    for (const [name, path] of nodes) {
      if (!isConfigNode(read(path.replace(/\.js$/, '.html')))) assert.ok(used.has(`linewatch-${name}`), `${name} is in no example`);
    }
  });

  it('a flow that needs another pack says so in a comment node', () => {
    for (const file of pack().files.filter((name) => name.startsWith('examples/'))) {
      const flow = JSON.parse(read(file)) as { type: string; name?: string; info?: string }[];
      const comments = flow
        .filter(({ type }) => type === 'comment')
        .map(({ name = '', info = '' }) => `${name} ${info}`)
        .join(' ');
      if (flow.some(({ type }) => type.startsWith('ui-'))) assert.match(comments, /@flowfuse\/node-red-dashboard/, file);
      assert.ok(comments.length > 100, `${file} does not say what it does`);
    }
  });
});
