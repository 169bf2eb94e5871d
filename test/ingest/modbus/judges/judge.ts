/** A Modbus server that is not ours, with a codec of its own, in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Judge {
  pid: number;
  /** The answer to a command, as `server.c` lists them. */
  ask(command: string): Promise<string>;
  /** Ends the process, its connections and its port at once. */
  kill(): Promise<void>;
}

/** A TCP port on loopback, or a serial device with the unit to be. */
export type Place = { port: number } | { device: string; unit: number };

export const argumentsOf = (place: Place) => ('port' in place ? ['tcp', String(place.port)] : ['rtu', place.device, String(place.unit)]);

/** @param args of a program that prints "ready", and then a line for each line of its input */
export async function startJudge(program: string, args: string[]): Promise<Judge> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  child.stdin.on('error', () => {});
  const waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  const answer = () => new Promise<string>((resolve, reject) => waiting.push({ resolve, reject }));
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(line));
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`${program} ended with ${signal ?? code}: ${said}`));
  });
  await answer();
  return {
    pid: child.pid as number,
    ask(command) {
      const answered = answer();
      child.stdin.write(`${command}\n`);
      return answered;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
