/** This process and its children as Linux sees them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export function childPids(): number[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    const line = readIfThere(`/proc/self/task/${thread}/children`).trim();
    return line === '' ? [] : line.split(' ').map(Number);
  });
}

/** The processes in which models run. */
export function hostPids(): number[] {
  return childPids().filter((pid) => readIfThere(`/proc/${pid}/cmdline`).includes('infer/host/'));
}

export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** What this process and its children take of the memory, in MB: pages that several share count once (Pss). */
export function memoryMb(): number {
  // What is only waiting to be collected is not taken: without this, it hides everything else.
  globalThis.gc?.();
  const kilobytes = ['self', ...childPids()].map((pid) =>
    Number(/^Pss:\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0),
  );
  return kilobytes.reduce((sum, kb) => sum + kb, 0) / 1024;
}

/** A process may end while we read about it. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
