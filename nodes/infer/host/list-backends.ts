import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { withoutInspector } from './child.ts';

/** An execution provider that the native library knows on this machine; `bundled`: it needs no further library. */
export interface SupportedBackend {
  name: string;
  bundled: boolean;
}

/** What a short-lived process found out about the native library. */
export type NativeLibrary =
  | { loads: true; version: string; path: string; backends: SupportedBackend[] }
  /** `path` where it is installed all the same. */
  | { loads: false; reason: string; path?: string };

const DEADLINE_MS = 30_000;

let known: Promise<NativeLibrary> | undefined;

/** Whether the native library loads here and what it knows. Asked once: it does not change while Node-RED runs. */
export function nativeLibrary(): Promise<NativeLibrary> {
  known ??= probeNativeLibrary();
  return known;
}

/** Loads the native library in a process of its own: this one never holds it, and its crash costs this one nothing. */
export function probeNativeLibrary(): Promise<NativeLibrary> {
  const entry = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? './backends-process.ts' : './backends-process.js', import.meta.url),
  );
  return new Promise((resolve) => {
    const child = fork(entry, [], {
      execArgv: [],
      env: withoutInspector(process.env),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      timeout: DEADLINE_MS,
      killSignal: 'SIGKILL',
    });
    let answer: NativeLibrary | undefined;
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-2000);
    });
    child.on('message', (message) => {
      answer = message as NativeLibrary;
    });
    child.on('error', (error) => resolve({ loads: false, reason: error.message }));
    child.on('close', (code, signal) => {
      const last = stderr.trim().split('\n').at(-1) ?? '';
      const end = signal === null ? `exit code ${code}` : signal;
      resolve(answer ?? { loads: false, reason: `the process that loaded it ended: ${end}${last === '' ? '' : `, ${last}`}` });
    });
  });
}
