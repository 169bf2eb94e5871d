/**
 * `npm run bench`: measures each claim beside its peer in one run and prints one JSON line for each entry.
 * `npm run bench -- NAME` runs the benches whose file name starts so.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Bench, Entry } from './entry.ts';

const here = import.meta.dirname;
const root = join(here, '..', '..');
const wanted = process.argv.slice(2);
const notBenches = ['run.ts', 'entry.ts'];
const files = globSync('*.ts', { cwd: here })
  .filter((file) => !notBenches.includes(file))
  .filter((file) => wanted.length === 0 || wanted.some((name) => basename(file, '.ts').startsWith(name)))
  .toSorted();
if (files.length === 0) {
  console.error(
    `no bench named ${wanted.join(', ')}; there are ${globSync('*.ts', { cwd: here })
      .filter((file) => !notBenches.includes(file))
      .map((file) => basename(file, '.ts'))
      .join(', ')}`,
  );
  process.exit(1);
}

const built = spawnSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'inherit', cwd: root });
if (built.status !== 0) process.exit(1);
const { dependencies = {} } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')) as { dependencies?: Record<string, string> };
if (Object.keys(dependencies).some((name) => !existsSync(join(here, 'node_modules', name)))) {
  const installed = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { stdio: 'inherit', cwd: here });
  if (installed.status !== 0) process.exit(1);
}

for (const file of files) {
  const { default: bench } = (await import(join(here, file))) as { default: Bench };
  await bench(({ name, value, unit, peer, peerValue }: Entry) => {
    const rounded = Number(value.toPrecision(4));
    const beside =
      peerValue === undefined
        ? {}
        : { peer, peerValue: Number(peerValue.toPrecision(4)), ratio: Number((value / peerValue).toPrecision(4)) };
    console.log(JSON.stringify({ name, value: rounded, unit, ...beside }));
  });
}
process.exit(0);
