import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { LinewatchError } from '../../shared/errors.ts';
import { recordEnergyMeter } from '../energy/recording.ts';
import { recordPump } from '../pump/recording.ts';

/** Below the user directory: the recording that the dialog begins with. */
export const EXAMPLE_FILE = 'linewatch/examples/pump.csv';

/** The recordings of the examples, written when a node asks for one and it is not there. */
const examples = new Map<string, () => string>([
  [EXAMPLE_FILE, recordPump],
  ['linewatch/examples/energy-meter.csv', recordEnergyMeter],
]);

/**
 * Where a file of the dialog lies: an absolute path, or one below Node-RED's user directory.
 * @throws LinewatchError csv-no-folder
 */
export function locateFile(path: string, userDir: string | undefined): string {
  if (isAbsolute(path)) return path;
  if (userDir === undefined || userDir === '') throw new LinewatchError('csv-no-folder', { property: 'path', path });
  return join(userDir, path);
}

/** Writes the example recording if `path` names it and there is none yet. */
export async function provideExample(path: string, file: string): Promise<void> {
  const record = examples.get(path.replaceAll('\\', '/'));
  if (record === undefined) return;
  try {
    await (await open(file)).close();
  } catch {
    await mkdir(dirname(file), { recursive: true });
    const fresh = `${file}.${process.pid}.new`;
    await writeFile(fresh, record());
    await rename(fresh, file);
  }
}
