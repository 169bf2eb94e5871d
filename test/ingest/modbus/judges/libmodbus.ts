/** libmodbus (C, Debian's libmodbus-dev) as a server and codec that is not ours; also the fast server of the benches. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argumentsOf, type Judge, type Place, startJudge } from './judge.ts';

let program: string | undefined;

/** Whether the program can be made here: a C compiler and the library with its headers. */
export function hasLibmodbus(): boolean {
  return (
    spawnSync('sh', ['-c', 'command -v gcc && test -f /usr/include/stdio.h && test -f /usr/include/modbus/modbus.h'], { stdio: 'ignore' })
      .status === 0
  );
}

export const startLibmodbus = (place: Place): Promise<Judge> => startJudge(compiledServer(), argumentsOf(place));

/** Compiles `server.c` once in this process. @returns its path @throws Error with what the compiler said */
function compiledServer(): string {
  if (program !== undefined) return program;
  const folder = mkdtempSync(join(tmpdir(), 'linewatch-libmodbus-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'server');
  const source = join(import.meta.dirname, 'server.c');
  const { status, stderr } = spawnSync('gcc', ['-O1', '-I/usr/include/modbus', '-o', path, source, '-lmodbus'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`server.c needs gcc and libmodbus-dev (apt-get install gcc libc6-dev libmodbus-dev): ${stderr}`);
  program = path;
  return path;
}
