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

/** Tells the resident size of a process again and again. Returns what ends it. */
export function watchMemory(pid: number, onSample: (usedMb: number) => void): () => void {
  let over = false;
  const timer = setInterval(async () => {
    const usedMb = await residentMb(pid);
    if (usedMb !== undefined && !over) onSample(usedMb);
  }, POLL_MS);
  timer.unref();
  return () => {
    over = true;
    clearInterval(timer);
  };
}
