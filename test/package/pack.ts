import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
let packed: { tarball: string; files: string[]; size: number; unpackedSize: number } | undefined;

/** What `npm pack` ships, packed once. */
export function pack(): { tarball: string; files: string[]; size: number; unpackedSize: number } {
  if (packed === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'linewatch-pack-'));
    const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const parsed = JSON.parse(output);
    const info = Array.isArray(parsed) ? parsed[0] : Object.values(parsed)[0];
    packed = {
      tarball: join(folder, info.filename),
      files: (info.files as { path: string }[]).map(({ path }) => path).toSorted(),
      size: info.size,
      unpackedSize: info.unpackedSize,
    };
  }
  return packed;
}
