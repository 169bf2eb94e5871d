/** A Node-RED of its own process, as a user has it: editor, admin endpoints, a user directory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

export interface NodeRedProcess {
  url: string;
  /** All that it printed. */
  output(): string;
  /** Resolves with the first match in what it prints (or has printed from `from` on). */
  printed(pattern: RegExp, timeoutMs: number, from?: number): Promise<RegExpExecArray>;
  /** Presses the button of an inject node. */
  press(injectId: string): Promise<void>;
  stop(): Promise<void>;
}

export interface NodeRedOptions {
  userDir: string;
  flow: object[];
  version?: '4' | '5';
  /** Goes into settings.js, as JSON. */
  settings?: object;
}

/** @returns a port that nobody listened on a moment ago */
export async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export async function startNodeRed({ userDir, flow, version = '5', settings = {} }: NodeRedOptions): Promise<NodeRedProcess> {
  const port = await freePort();
  writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flow));
  const all = {
    uiHost: '127.0.0.1',
    uiPort: port,
    flowFile: 'flows.json',
    credentialSecret: false,
    telemetry: { enabled: false, updateNotification: false },
    // Tests send nothing to the internet, not even for the list of packs.
    editorTheme: { tours: false, palette: { catalogues: [] } },
    // The checkout's own dashboard is not part of a plain user directory.
    externalModules: { palette: { allowList: ['*'], denyList: ['@flowfuse/*'] } },
    ...settings,
  };
  writeFileSync(join(userDir, 'settings.js'), `module.exports = ${JSON.stringify(all, null, 2)};\n`);
  const script = join(root, 'node_modules', version === '4' ? 'node-red-4' : 'node-red', 'red.js');
  const child = spawn(process.execPath, [script, '--userDir', userDir, '--settings', join(userDir, 'settings.js')], {
    cwd: userDir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const running = watch(child, `http://127.0.0.1:${port}`);
  await running.printed(/Started flows/, 60_000);
  return running;
}

/** Gives a running Node-RED process its handles. */
export function watch(child: ChildProcess, url: string): NodeRedProcess {
  let output = '';
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const check of waiting) check();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      wake();
    });
  }
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void exited.then(wake);
  return {
    url,
    output: () => output,
    printed: (pattern, timeoutMs, from = 0) =>
      new Promise((resolve, reject) => {
        const end = (settle: () => void) => {
          clearTimeout(timer);
          waiting.delete(check);
          settle();
        };
        const timer = setTimeout(
          () => end(() => reject(new Error(`${pattern} was not printed within ${timeoutMs} ms:\n${output.slice(-3000)}`))),
          timeoutMs,
        );
        const check = () => {
          const found = pattern.exec(output.slice(from));
          if (found) end(() => resolve(found));
          else if (child.exitCode !== null) end(() => reject(new Error(`the process ended before ${pattern}:\n${output.slice(-3000)}`)));
        };
        waiting.add(check);
        check();
      }),
    async press(injectId) {
      const response = await fetch(`${url}/inject/${injectId}`, { method: 'POST' });
      if (!response.ok) throw new Error(`inject ${injectId}: HTTP ${response.status}`);
    },
    async stop() {
      if (child.exitCode === null) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await exited;
      clearTimeout(timer);
    },
  };
}
