/** Builds `dist/`: the nodes compiled, with their dialogs, locales and icons beside them as Node-RED wants it. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
rmSync(join(root, 'dist'), { recursive: true, force: true });
const compiled = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root], { stdio: 'inherit', cwd: root });
if (compiled.status !== 0) process.exit(1);

for (const file of globSync('nodes/**/*.{html,json}', { cwd: root })) {
  copy(file, join('dist', file));
}
for (const html of globSync('nodes/*/*.html', { cwd: root })) {
  const icon = join('icons', html.replace(/^.*[\\/]/, '').replace(/\.html$/, '.svg'));
  if (existsSync(join(root, icon))) copy(icon, join('dist', dirname(html), icon));
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(join(root, to)), { recursive: true });
  cpSync(join(root, from), join(root, to));
}
