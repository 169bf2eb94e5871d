import assert from 'node:assert/strict';
import { type Diagnosis, diagnose } from '../../../nodes/infer/doctor/advice.ts';
import type { Facts, Run } from '../../../nodes/infer/doctor/facts.ts';
import { reportLines } from '../../../nodes/infer/doctor/report.ts';

const ran = (backend: string): Run => ({ backend, loadMs: 80, medianUs: 40 });
const missing = { loads: false, reason: "Cannot find package 'onnxruntime-node'" } as const;

/** A gateway on which all is well. */
const healthy: Facts = {
  system: { platform: 'linux', arch: 'x64', nodeVersion: '24.11.0', libc: { name: 'glibc', version: '2.36' } },
  processor: { model: 'Intel Atom x6425E', features: ['avx2', 'fma'], featuresKnown: true, cores: 4 },
  memory: { totalMb: 4096, availableMb: 3000 },
  native: { loads: true, version: '1.30.0', path: '/data/node_modules/onnxruntime-node', backends: [{ name: 'cpu', bundled: true }] },
  pictures: { loads: true, version: '0.35.5' },
  runs: [ran('cpu'), ran('wasm')],
  folders: [
    { path: '/data/linewatch/models', kind: 'own', state: 'creatable' },
    { path: '/data/node_modules/@linewatch/node-red-edge-ai/models', kind: 'pack', state: 'readable' },
  ],
};
const onlyWasm = { native: missing, runs: [ran('wasm')] };

describe('the advice of linewatch-doctor', () => {
  it('is none where all is well, and the native library runs', () => {
    assert.deepEqual(diagnose(healthy), {
      backend: 'cpu',
      why: 'the native library loads (onnxruntime-node 1.30.0)',
      problems: [],
    } satisfies Diagnosis);
  });

  const cases: [string, Partial<Facts>, string | undefined, RegExp, RegExp][] = [
    [
      'Alpine',
      { ...onlyWasm, system: { ...healthy.system, libc: { name: 'musl', version: '1.2.5' } } },
      'wasm',
      /musl.*4 to 8 times slower/,
      /Debian/,
    ],
    ['32-bit Arm', { ...onlyWasm, system: { ...healthy.system, arch: 'arm' } }, 'wasm', /32-bit Arm/, /64-bit system/],
    ['an Intel Mac', { ...onlyWasm, system: { platform: 'darwin', arch: 'x64', nodeVersion: '24.0.0' } }, 'wasm', /Intel Macs/, /Linux/],
    ['an install without the native library', onlyWasm, 'wasm', /not installed/, /npm install --ignore-scripts onnxruntime-node.*fine/],
    [
      'an old glibc',
      {
        ...onlyWasm,
        native: { loads: false, reason: "/lib/libc.so.6: version `GLIBC_2.28' not found", path: '/data/node_modules/onnxruntime-node' },
      },
      'wasm',
      /too old.*GLIBC_2\.28/,
      /Debian 12/,
    ],
    [
      'a slim system without libgomp',
      {
        ...onlyWasm,
        native: { loads: false, reason: 'libgomp.so.1: cannot open shared object file: No such file or directory', path: '/data/x' },
      },
      'wasm',
      /lacks a library.*libgomp/,
      /install the library/,
    ],
    [
      'a library that crashes',
      { ...onlyWasm, native: { loads: false, reason: 'the process that loaded it ended: SIGILL', path: '/data/x' } },
      'wasm',
      /does not load: .*SIGILL/,
      /install it again/,
    ],
    [
      'a library that loads and runs nothing',
      { runs: [{ backend: 'cpu', reason: 'SIGSEGV' }, ran('wasm')] },
      'wasm',
      /loads, but runs no model: SIGSEGV/,
      /update it/,
    ],
    [
      'WebAssembly that is missing',
      { runs: [ran('cpu'), { backend: 'wasm', reason: 'no file' }] },
      'cpu',
      /WebAssembly does not run: no file/,
      /pack again/,
    ],
    [
      'nothing that runs',
      { native: missing, runs: [{ backend: 'wasm', reason: 'no file' }] },
      undefined,
      /WebAssembly does not run/,
      /pack again/,
    ],
    [
      'Node.js 20',
      { system: { ...healthy.system, nodeVersion: '20.19.0' } },
      'cpu',
      /Node\.js 20\.19\.0 is too old: expected 22\.9/,
      /Node\.js 24/,
    ],
    [
      'no sharp',
      { pictures: { loads: false, reason: 'Could not load the "sharp" module' } },
      'cpu',
      /pictures can not be decoded: sharp does not load: Could not load/,
      /npm install --include=optional sharp/,
    ],
    [
      'no sharp where it has no files',
      { pictures: { loads: false, reason: 'Could not load' }, system: { ...healthy.system, arch: 'riscv64' } },
      'cpu',
      /pictures can not be decoded/,
      /no files for linux riscv64/,
    ],
    ['a processor without AVX2', { processor: { ...healthy.processor, features: ['avx'] } }, 'cpu', /neither AVX2 nor Neon/, /small ones/],
    ['little memory', { memory: { totalMb: 512, availableMb: 120 } }, 'cpu', /only 120 MB/, /share a process/],
    [
      'a model folder that is not writable',
      { folders: [{ path: '/data/linewatch/models', kind: 'own', state: 'readable' }] },
      'cpu',
      /\/data\/linewatch\/models is not writable/,
      /chown/,
    ],
    [
      'a further folder that is gone',
      { folders: [{ path: '/opt/models', kind: 'further', state: 'missing' }] },
      'cpu',
      /\/opt\/models/,
      /settings\.js/,
    ],
  ];
  for (const [what, change, backend, expected, advice] of cases) {
    it(`${what}: ${backend ?? 'no backend'}, and what to do about it`, () => {
      const facts = { ...healthy, ...change };
      const diagnosis = diagnose(facts);
      assert.equal(diagnosis.backend, backend);
      const problem = diagnosis.problems.find((one) => expected.test(one.what));
      assert.ok(problem, JSON.stringify(diagnosis.problems));
      assert.match(problem.advice, advice);
      const text = reportLines(facts, diagnosis).join('\n');
      assert.ok(text.includes(problem.what) && text.includes(problem.advice));
      assert.doesNotMatch(text, /undefined|NaN|\[object/);
    });
  }

  it('takes an unreadable processor for no problem', () => {
    const processor = { model: '', features: [], featuresKnown: false, cores: 1 };
    assert.deepEqual(diagnose({ ...healthy, processor }).problems, []);
  });
});
