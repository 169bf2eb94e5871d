/** What machine this is: asked of Node.js and of Linux' own files. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import type { Memory, Processor, System } from './facts.ts';

const MB = 2 ** 20;

/** Names in /proc/cpuinfo of what ONNX Runtime's kernels make use of. */
const USEFUL = ['avx', 'avx2', 'f16c', 'fma', 'avx_vnni', 'avx512f', 'avx512_vnni', 'amx_int8'].concat(
  // 64-bit Arm; on 32-bit Arm the first is called neon.
  ['neon', 'asimd', 'asimdhp', 'asimddp', 'i8mm', 'bf16', 'sve'],
);

export function readSystem(): System {
  const libc = process.platform === 'linux' ? readLibc() : undefined;
  return { platform: process.platform, arch: process.arch, nodeVersion: process.versions.node, ...(libc === undefined ? {} : { libc }) };
}

export function readProcessor(): Processor {
  const text = read('/proc/cpuinfo');
  const parsed = text === undefined ? { model: '', features: [], featuresKnown: false } : parseCpuInfo(text);
  const coreLimit = text === undefined ? undefined : parseCpuMax(read('/sys/fs/cgroup/cpu.max'));
  return {
    ...parsed,
    model: parsed.model || (cpus()[0]?.model.trim() ?? ''),
    cores: availableParallelism(),
    ...(coreLimit === undefined ? {} : { coreLimit }),
  };
}

export function readMemory(): Memory {
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(read('/proc/meminfo') ?? '');
  const totalMb = Math.round(totalmem() / MB);
  const limit = process.constrainedMemory();
  const limitMb = Math.round(limit / MB);
  // Without a limit it gives 0, or more than there is.
  const isLimited = limit > 0 && limitMb < totalMb;
  const free = available === null ? freemem() / MB : Number(available[1]) / 1024;
  return {
    totalMb,
    availableMb: Math.round(isLimited ? Math.min(free, process.availableMemory() / MB) : free),
    ...(isLimited ? { limitMb } : {}),
  };
}

/** @param text of /proc/cpuinfo */
export function parseCpuInfo(text: string): Pick<Processor, 'model' | 'features' | 'featuresKnown'> {
  const field = (names: string) => new RegExp(`^(?:${names})\\s*:\\s*(.+)$`, 'm').exec(text)?.[1]?.trim();
  const flags = field('flags|Features');
  const all = new Set(flags?.split(/\s+/));
  const model = field('model name|Model|Hardware') ?? '';
  return { model, features: USEFUL.filter((name) => all.has(name)), featuresKnown: flags !== undefined };
}

/** @param text of cgroup v2's cpu.max, `quota period` in µs or `max period`; @returns cores */
export function parseCpuMax(text: string | undefined): number | undefined {
  const [quota, period] = (text ?? '').trim().split(/\s+/).map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : undefined;
}

function readLibc(): System['libc'] {
  const { header, sharedObjects = [] } = process.report.getReport() as unknown as {
    header: { glibcVersionRuntime?: string };
    sharedObjects?: string[];
  };
  if (header.glibcVersionRuntime !== undefined) return { name: 'glibc', version: header.glibcVersionRuntime };
  const loader = sharedObjects.find((path) => /ld-musl-|libc\.musl-/.test(path));
  if (loader === undefined) return undefined;
  // musl's loader tells its version when it is run with nothing to load.
  const version = /Version (\S+)/.exec(spawnSync(loader, { encoding: 'utf8', timeout: 5000 }).stderr ?? '')?.[1];
  return { name: 'musl', ...(version === undefined ? {} : { version }) };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
