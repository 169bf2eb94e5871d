/**
 * `npm test`: everything that must hold, in one command. `npm test -- NAME …` runs the steps whose name starts so.
 * The steps stand in two lanes that run side by side. Ends with one line that counts all tests, and exits 1 if any failed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { ensureInstalled } from '../scripts/debian.ts';

const root = join(import.meta.dirname, '..');
// Node with the script itself: the files in node_modules/.bin are shell scripts, which Windows can not start.
const tool = (script: string) => [process.execPath, join(root, 'node_modules', script)];
// Packages of the benches bring tests of their own.
const find = (pattern: string) =>
  globSync(pattern, { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !file.includes('node_modules/'));
const mocha = (...files: string[]) => [...tool('mocha/bin/mocha.js'), ...files.toSorted()];

interface Step {
  name: string;
  command: string[];
  env?: NodeJS.ProcessEnv;
}

const nodeTests = find('test/**/*.node.test.ts');
const unitTests = find('test/**/*.test.ts').filter(
  (file) => !/^test\/(headless|editor|package)\//.test(file) && !file.endsWith('.node.test.ts'),
);

// Most steps wait more than they compute: two at a time make good use of two cores. What computes most, headless, stands last in its lane:
// the steps that measure short times are over by then.
const lanes: Step[][] = [
  [
    { name: 'lint', command: [...tool('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'] },
    { name: 'types', command: [...tool('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.check.json'] },
    { name: 'unit', command: mocha(...unitTests) },
    { name: 'nodes on Node-RED 5', command: mocha(...nodeTests) },
    { name: 'nodes on Node-RED 4.1', command: mocha(...nodeTests), env: { LINEWATCH_NODE_RED: '4' } },
    { name: 'package', command: mocha(...find('test/package/*.test.ts')) },
  ],
  [
    { name: 'editor', command: mocha(...find('test/editor/*.test.ts')) },
    { name: 'headless', command: mocha(...find('test/headless/*.test.ts')) },
  ],
];

const wanted = process.argv.slice(2);
const chosen = lanes
  .map((lane) => lane.filter((step) => wanted.length === 0 || wanted.some((name) => step.name.startsWith(name))))
  .filter((lane) => lane.length > 0);
if (chosen.length === 0) {
  const names = lanes.flat().map(({ name }) => name);
  console.error(`no step begins with ${wanted.join(' or ')}; there are: ${names.join(', ')}`);
  process.exit(1);
}
const skippedForWant = ensureInstalled();
const counts = { passed: 0, failed: 0, skipped: 0 };
const times = new Map<Step, string>();
/** The output of two steps at once is shown step by step, each when it ends. */
const isBuffered = chosen.length > 1;
/** Each running step's process, and what shows its output so far. */
const running = new Map<ChildProcess, () => void>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const [child, show] of running) {
      show();
      child.kill(signal);
    }
    process.exit(1);
  });
}

await Promise.all(
  chosen.map(async (lane, place) => {
    // Browsers step back behind the unit tests of the other lane, of which some are about short times.
    for (const step of lane) await account(step, 5 * place);
  }),
);

console.log();
for (const step of chosen.flat()) console.log(times.get(step));
for (const line of skippedForWant) console.log(line);
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 ? 0 : 1);

async function account(step: Step, niceness: number): Promise<void> {
  console.log(isBuffered ? `… ${step.name} begins` : `\n— ${step.name} —`);
  const started = performance.now();
  const { code, output } = await run(step, niceness);
  const count = (word: string) => Number(new RegExp(`^\\s*(\\d+) ${word}`, 'm').exec(output)?.[1] ?? 0);
  counts.passed += count('passing');
  counts.skipped += count('pending');
  counts.failed += count('failing');
  // Lint and types count as one test each; a crash without a failing test must count too.
  if (code !== 0 && count('failing') === 0) counts.failed++;
  if (code === 0 && count('passing') === 0 && count('pending') === 0) counts.passed++;
  times.set(step, `${step.name}: ${code === 0 ? 'ok' : 'FAILED'}, ${Math.round((performance.now() - started) / 1000)} s`);
}

function run(step: Step, niceness: number): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const [command, ...args] = step.command as [string, ...string[]];
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...step.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined && niceness > 0) setPriority(child.pid, niceness);
    let output = '';
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ] as const) {
      from.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (!isBuffered) to.write(text);
      });
    }
    const show = () => isBuffered && console.log(`\n— ${step.name} —\n${output}`);
    running.set(child, show);
    child.on('close', (code) => {
      running.delete(child);
      show();
      resolve({ code: code ?? 1, output: stripVTControlCharacters(output) });
    });
  });
}
