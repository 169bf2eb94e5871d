/** `kill -9` of the process that runs the model, again and again, while messages flow. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Part } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { startNodeRed } from '../gateway/node-red.ts';
import { randomTensor } from '../gateway/payloads.ts';
import { hostPids } from '../gateway/processes.ts';
import { demand, Traffic } from '../gateway/traffic.ts';
import { withUserDirectory } from '../gateway/user-directory.ts';
import { mobilenetv2 } from '../graphs/mobilenetv2.ts';

const KILLS = 50;
const IN_FLIGHT = 8;
const ANSWERS_BETWEEN = 10;
/** For answers that should not come any more. */
const STRAGGLERS_MS = 3000;

export const kill: Part = {
  entries: ['host.kill-unanswered', 'host.kill-recovery-max-ms'],
  run: (report) =>
    withUserDirectory({ 'mobilenetv2.onnx': mobilenetv2() }, async (userDir) => {
      const { unanswered, answeredTwice, answers, errors, reasons, recoveriesMs } = await apart(import.meta.url, killRounds, userDir);
      console.log(
        `${KILLS} kills: ${answers} answers, ${errors} errors, ${unanswered} without an end, ${answeredTwice} with two; ${reasons.join('; ')}`,
      );
      report({ name: 'host.kill-unanswered', value: unanswered + answeredTwice, unit: 'messages' });
      report({ name: 'host.kill-recovery-max-ms', value: Math.max(...recoveriesMs), unit: 'ms' });
    }),
};

export async function killRounds(userDir: string) {
  const gateway = await startNodeRed(userDir, [{ id: 'line', model: { path: 'mobilenetv2.onnx' } }]);
  const image = randomTensor([1, 3, 224, 224]);
  let killedAt = Number.POSITIVE_INFINITY;
  const recoveriesMs: number[] = [];
  const traffic = new Traffic(
    gateway.line('line'),
    () => image,
    ({ kind, sentAt }) => {
      // An answer that was on its way when the process fell shows nothing: the message must be younger.
      if (kind !== 'answer' || sentAt < killedAt) return;
      recoveriesMs.push(performance.now() - killedAt);
      killedAt = Number.POSITIVE_INFINITY;
    },
  );
  traffic.keep(IN_FLIGHT);
  for (let killed = 0; killed < KILLS; killed++) {
    const before = traffic.ended.answer;
    await demand('answers between', () => traffic.ended.answer >= before + ANSWERS_BETWEEN);
    const [pid] = hostPids();
    if (pid === undefined) throw new Error('answers, but no process that gives them');
    process.kill(pid, 'SIGKILL');
    killedAt = performance.now();
    await demand('an answer after the kill', () => recoveriesMs.length > killed);
  }
  traffic.stop();
  await traffic.drained();
  await delay(STRAGGLERS_MS);
  return {
    unanswered: traffic.open,
    answeredTwice: traffic.duplicates,
    answers: traffic.ended.answer,
    errors: traffic.ended.error + traffic.ended.dropped,
    reasons: [...traffic.reasons.keys()],
    recoveriesMs,
  };
}
