import { readFile } from 'node:fs/promises';

const POLL_MS = 200;

/** Resident size of a process in MB; undefined where the system does not tell (only Linux does). */
export async function residentMb(pid: number): Promise<number | undefined> {
  try {
    const match = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'));
    return match === null ? undefined : Number(match[1]) / 1024;
  } catch {
    return undefined;
  }
}

/** Calls `onExcess` once when a process grows past its ceiling. Returns what ends the watch. */
export function watchMemory(pid: number, ceilingMb: number, onExcess: (usedMb: number) => void): () => void {
  const timer = setInterval(async () => {
    const usedMb = await residentMb(pid);
    if (usedMb === undefined || usedMb <= ceilingMb) return;
    clearInterval(timer);
    onExcess(Math.round(usedMb));
  }, POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
