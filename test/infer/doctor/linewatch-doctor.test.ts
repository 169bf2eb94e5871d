import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { temporaryFolder } from '../models.ts';

const program = join(import.meta.dirname, '..', '..', '..', 'nodes', 'infer', 'doctor', 'linewatch-doctor.ts');

const doctor = (...args: string[]): Promise<{ code: number | null; output: string; errors: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('close', (code) => resolve({ code, output, errors }));
  });

describe('linewatch-doctor', function () {
  this.timeout(60_000);
  const userDir = temporaryFolder();
  const models = temporaryFolder();
  userDir.write('settings.js', `module.exports = { linewatch: { modelFolders: [${JSON.stringify(models.path)}, '/no/such/folder'] } };`);
  after(() => {
    userDir.remove();
    models.remove();
  });

  it('runs a model on this machine, says on what, and looks into the folders of settings.js', async () => {
    const { code, output } = await doctor('--json', '--user-dir', userDir.path);
    const { backend, runs, folders, problems, system, pictures } = JSON.parse(output);
    assert.equal(code, 0);
    assert.equal(system.arch, process.arch);
    assert.ok(pictures.loads && /^\d/.test(pictures.version), JSON.stringify(pictures));
    const used = runs.find((run: { backend: string }) => run.backend === backend);
    assert.ok(used.medianUs > 0 && used.loadMs > 0, JSON.stringify(runs));
    assert.ok(runs.some((run: { backend: string; medianUs?: number }) => run.backend === 'wasm' && run.medianUs !== undefined));
    assert.deepEqual(
      folders.map(({ path, kind, state }: { path: string; kind: string; state: string }) => [path, kind, state]).slice(0, 3),
      [
        [join(userDir.path, 'linewatch', 'models'), 'own', 'creatable'],
        [models.path, 'further', 'writable'],
        ['/no/such/folder', 'further', 'missing'],
      ],
    );
    assert.ok(problems.some(({ what }: { what: string }) => what.includes('/no/such/folder')));
  });

  it('prints a report that a person reads', async () => {
    const { code, output } = await doctor('-u', userDir.path);
    assert.equal(code, 0);
    for (const part of [/Node\.js +\d/, /µs a run \(median\)/, /Models will run on\n {2}(?:cpu|wasm)/, /→ make it, or mend settings\.js/]) {
      assert.match(output, part);
    }
  });

  it('says how it is used', async () => {
    assert.equal((await doctor('--help')).code, 0);
    const { code, errors } = await doctor('--nonsense');
    assert.equal(code, 2);
    assert.match(errors, /--nonsense[\s\S]*--json/);
  });
});
