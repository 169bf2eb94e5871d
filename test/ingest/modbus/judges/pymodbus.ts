/** pymodbus (Python, Debian's python3-pymodbus) as a server and codec that is not ours. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { argumentsOf, type Judge, type Place, startJudge } from './judge.ts';

/** Debian's own Python first: another one on PATH does not see Debian's packages. */
const python = ['/usr/bin/python3', 'python3'].find((path) => spawnSync(path, ['-c', 'import pymodbus, serial_asyncio']).status === 0);

export const hasPymodbus = () => python !== undefined;

export const startPymodbus = (place: Place): Promise<Judge> =>
  startJudge(python ?? 'python3', [join(import.meta.dirname, 'server.py'), ...argumentsOf(place)]);
