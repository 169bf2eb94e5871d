import assert from 'node:assert/strict';
import { availableParallelism, totalmem } from 'node:os';
import { parseCpuInfo, parseCpuMax, readMemory, readProcessor, readSystem } from '../../../nodes/infer/doctor/system.ts';

describe('what machine this is', () => {
  it('reads an x86 processor', () => {
    const text =
      'processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Celeron(R) J6412 @ 2.00GHz\nflags\t\t: fpu sse sse2 ssse3 sse4_2 f16c\n';
    assert.deepEqual(parseCpuInfo(text), { model: 'Intel(R) Celeron(R) J6412 @ 2.00GHz', features: ['f16c'], featuresKnown: true });
  });

  it('reads an Arm processor, whose model stands at the end', () => {
    const text =
      'processor\t: 0\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd evtstrm crc32 asimdhp asimddp\n\nRevision\t: d04170\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n';
    assert.deepEqual(parseCpuInfo(text), {
      model: 'Raspberry Pi 5 Model B Rev 1.0',
      features: ['asimd', 'asimdhp', 'asimddp'],
      featuresKnown: true,
    });
  });

  it('says that it does not know where nothing is told', () => {
    assert.deepEqual(parseCpuInfo(''), { model: '', features: [], featuresKnown: false });
  });

  for (const [text, cores] of [
    ['150000 100000\n', 1.5],
    ['max 100000\n', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const) {
    it(`a container with cpu.max ${JSON.stringify(text)} has ${cores ?? 'all'} cores`, () => assert.equal(parseCpuMax(text), cores));
  }

  it('describes this machine', () => {
    const system = readSystem();
    assert.equal(system.nodeVersion, process.versions.node);
    if (process.platform === 'linux') assert.ok(system.libc?.name === 'glibc' || system.libc?.name === 'musl');
    const memory = readMemory();
    assert.equal(memory.totalMb, Math.round(totalmem() / 2 ** 20));
    assert.ok(memory.availableMb > 0 && memory.availableMb <= memory.totalMb);
    assert.equal(readProcessor().cores, availableParallelism());
  });
});
