/**
 * Builds `dist/`: the nodes compiled, with their dialogs, locales and icons beside them as Node-RED wants it. Files are replaced one by one
 * and only what has no source any more is removed, so that a Node-RED that runs from `dist/` meanwhile goes on.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const compiled = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root], { stdio: 'inherit', cwd: root });
if (compiled.status !== 0) process.exit(1);

const built = new Set(globSync('nodes/**/*.ts', { cwd: root }).map((file) => join('dist', file.replace(/\.ts$/, '.js'))));
for (const file of globSync('nodes/**/*.{html,json}', { cwd: root })) {
  copy(file, join('dist', file));
}
for (const html of globSync('nodes/*/*.html', { cwd: root })) {
  const icon = join('icons', html.replace(/^.*[\\/]/, '').replace(/\.html$/, '.svg'));
  if (existsSync(join(root, icon))) copy(icon, join('dist', dirname(html), icon));
}
for (const file of globSync('dist/**/*', { cwd: root })) {
  if (!built.has(file) && statSync(join(root, file), { throwIfNoEntry: false })?.isFile()) rmSync(join(root, file));
}

function copy(from: string, to: string): void {
  const target = join(root, to);
  mkdirSync(dirname(target), { recursive: true });
  // Renaming puts the new file in the place of the old one at once; copying over it would take it away for a moment.
  copyFileSync(join(root, from), `${target}.new`);
  renameSync(`${target}.new`, target);
  built.add(to);
}
