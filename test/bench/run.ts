/**
 * `npm run bench`: measures each claim beside its peer in one run and prints one JSON line for each entry.
 * `npm run bench -- NAME` runs what reports an entry whose name starts so (`host`, `host.swap`), several names likewise.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Bench, Entry, Part } from './entry.ts';

const here = import.meta.dirname;
const root = join(here, '..', '..');
const wanted = process.argv.slice(2);

/** A bench file's parts; one without `parts` is a single one of the file's name. */
async function partsOf(file: string): Promise<Part[]> {
  const { parts, default: run } = (await import(join(here, file))) as { parts?: Part[]; default?: Bench };
  return parts ?? [{ entries: [basename(file, '.ts')], run: run as Bench }];
}
const isWanted = (entry: string) => wanted.length === 0 || wanted.some((name) => entry.startsWith(name) || name.startsWith(`${entry}.`));

const files = globSync('*.ts', { cwd: here }).filter((file) => !['run.ts', 'entry.ts'].includes(file));
const all = (await Promise.all(files.toSorted().map(partsOf))).flat();
const chosen = all.filter(({ entries }) => entries.some(isWanted));
if (chosen.length === 0) {
  console.error(`no bench named ${wanted.join(', ')}; there are ${all.flatMap(({ entries }) => entries).join(', ')}`);
  process.exit(1);
}

const built = spawnSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'inherit', cwd: root });
if (built.status !== 0) process.exit(1);
const { dependencies = {} } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')) as { dependencies?: Record<string, string> };
if (Object.keys(dependencies).some((name) => !existsSync(join(here, 'node_modules', name)))) {
  const installed = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { stdio: 'inherit', cwd: here });
  if (installed.status !== 0) process.exit(1);
}

let failed = false;
for (const { entries, run } of chosen) {
  try {
    await run(print);
  } catch (thrown) {
    // The others are still worth their time.
    failed = true;
    console.error(`${entries.join(', ')}: ${thrown instanceof Error ? thrown.message : thrown}`);
  }
}
process.exit(failed ? 1 : 0);

function print({ name, value, unit, peer, peerValue }: Entry): void {
  const rounded = Number(value.toPrecision(4));
  const beside =
    peerValue === undefined ? {} : { peer, peerValue: Number(peerValue.toPrecision(4)), ratio: Number((value / peerValue).toPrecision(4)) };
  console.log(JSON.stringify({ name, value: rounded, unit, ...beside }));
}
