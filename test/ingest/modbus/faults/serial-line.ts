/** Serial lines without hardware: pseudo-terminals made by socat. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface SerialLine {
  /** Paths of the serial ports at its ends; only the first where the other end is a TCP port. */
  ends: [string, string];
  close(): Promise<void>;
}

const PTY = 'pty,raw,echo=0,link=';

export function hasSocat(): boolean {
  return spawnSync('sh', ['-c', 'command -v socat'], { stdio: 'ignore' }).status === 0;
}

/** Two serial ports joined by a cable, or, with a port of TCP on loopback, one whose bytes go there and come from there. */
export async function openSerialLine(port?: number): Promise<SerialLine> {
  const folder = mkdtempSync(join(tmpdir(), 'linewatch-serial-'));
  const ends: [string, string] = [join(folder, 'a'), join(folder, 'b')];
  const far = port === undefined ? PTY + ends[1] : `tcp:127.0.0.1:${port},nodelay`;
  const child: ChildProcess = spawn('socat', [PTY + ends[0], far], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const wanted = port === undefined ? ends : [ends[0]];
  const end = performance.now() + 5000;
  while (!wanted.every((path) => existsSync(path))) {
    if (child.exitCode !== null || performance.now() > end) throw new Error(`socat: ${said}`);
    await delay(5);
  }
  // As long as somebody has a pseudo-terminal open, socat does not take it for hung up when a client closes it.
  const held = wanted.map((path) => openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK));
  return {
    ends,
    async close() {
      for (const file of held) closeSync(file);
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill();
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
