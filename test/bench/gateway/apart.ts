/** Measuring in a process of its own: what one measurement leaves behind does not reach the next. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const KEPT_OUTPUT = 4000;

/**
 * Calls an exported function of a module in a new process. Parameters and result must be JSON values.
 * @param module the module's `import.meta.url`
 * @throws Error with what the process printed, where it ended without a result
 */
export function apart<Parameters extends unknown[], Result>(
  module: string,
  call: (...parameters: Parameters) => Promise<Result>,
  ...parameters: Parameters
): Promise<Result> {
  const child = fork(join(import.meta.dirname, 'called.ts'), [module, call.name], {
    execArgv: ['--no-warnings', '--expose-gc'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-KEPT_OUTPUT);
    });
  }
  return new Promise((resolve, reject) => {
    let answer: { result: Result } | undefined;
    child.once('message', (message: { result: Result }) => {
      answer = message;
    });
    // The end of the process may be heard before its last message was read; the end of the channel never is.
    Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(([[code, signal]]) => {
      if (answer !== undefined) resolve(answer.result);
      else reject(new Error(`${call.name} ended with ${signal ?? code}\n${printed}`));
    }, reject);
    child.send(parameters);
  });
}
