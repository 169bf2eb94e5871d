/** 100 hot swaps while messages flow: what fails, and what stays in memory. */
import { setTimeout as delay } from 'node:timers/promises';
import { median, type Part } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { type Gateway, startNodeRed } from '../gateway/node-red.ts';
import { randomTensor } from '../gateway/payloads.ts';
import { hostPids, memoryMb } from '../gateway/processes.ts';
import { demand, Traffic, until } from '../gateway/traffic.ts';
import { withUserDirectory } from '../gateway/user-directory.ts';
import { dense } from '../graphs/dense.ts';

const SWAPS = Number(process.env.LINEWATCH_BENCH_SWAPS ?? 100);
const EARLY = 10;
const IN_FLIGHT = 3;
const SWAP_TIMEOUT_MS = 30_000;
/** The files, and by what their answers are told apart. */
const files = [
  { path: 'one.onnx', factor: 1 },
  { path: 'two.onnx', factor: 2 },
] as const;

export const swap: Part = {
  entries: ['host.swap-failures', 'host.swap-memory-ratio'],
  run: (report) =>
    withUserDirectory(Object.fromEntries(files.map(({ path, factor }) => [path, dense(factor)])), async (userDir) => {
      const { failures, reasons, messages, swapMs, earlyMb, lateMb } = await apart(import.meta.url, swapUnderLoad, userDir);
      for (const [what, count] of Object.entries(failures)) if (count > 0) console.log(`${what}: ${count}`);
      for (const reason of reasons) console.log(reason);
      console.log(
        `${SWAPS} swaps, median ${swapMs.toFixed(0)} ms, ${messages} messages meanwhile; ${earlyMb.toFixed(1)} MB after swap ${EARLY}`,
      );
      report({ name: 'host.swap-failures', value: Object.values(failures).reduce((sum, count) => sum + count, 0), unit: 'failures' });
      report({ name: 'host.swap-memory-ratio', value: lateMb / earlyMb, unit: `MB after swap ${SWAPS} / after swap ${EARLY}` });
    }),
};

interface Swapped {
  failures: Record<string, number>;
  reasons: string[];
  messages: number;
  swapMs: number;
  earlyMb: number;
  lateMb: number;
}

export async function swapUnderLoad(userDir: string): Promise<Swapped> {
  const gateway = await startNodeRed(userDir, [{ id: 'line', model: { path: files[0].path } }]);
  const line = gateway.line('line');
  const x = randomTensor([1, 1024]);
  let first: number | undefined;
  let seen = 0;
  let wrong = 0;
  const traffic = new Traffic(
    line,
    () => x,
    ({ kind, message }) => {
      if (kind !== 'answer') return;
      const sum: number = message.payload.data.reduce((total: number, value: number) => total + Math.abs(value), 0);
      first ??= sum;
      seen = sum / first;
      if (!files.some(({ factor }) => Math.abs(seen / factor - 1) < 1e-4)) wrong++;
    },
  );
  const commandErrors = new Map<string, number>();
  watchCommands(gateway, (reason) => commandErrors.set(reason, (commandErrors.get(reason) ?? 0) + 1));
  traffic.keep(IN_FLIGHT);
  await demand('the first answer', () => seen === 1);

  let notSwapped = 0;
  let earlyMb = 0;
  const times: number[] = [];
  for (let swapped = 1; swapped <= SWAPS; swapped++) {
    const { path, factor } = files[swapped % 2] as (typeof files)[number];
    const start = performance.now();
    line.send({ command: { do: 'swap', path } });
    if (await until(() => Math.round(seen) === factor, SWAP_TIMEOUT_MS)) times.push(performance.now() - start);
    else if (++notSwapped >= 3)
      throw new Error(`swaps do not take effect: ${[...commandErrors.keys(), ...traffic.reasons.keys()].join('; ')}`);
    if (swapped === EARLY) earlyMb = await settledMemory();
  }
  const lateMb = await settledMemory();
  traffic.stop();
  const drained = await traffic.drained();
  const failedCommands = [...commandErrors.values()].reduce((sum, count) => sum + count, 0);
  return {
    failures: {
      'swaps that did not take effect': notSwapped,
      'swap commands that failed': failedCommands,
      errors: traffic.ended.error,
      drops: traffic.ended.dropped,
      'wrong answers': wrong,
      unanswered: drained ? 0 : traffic.open,
      'answered twice': traffic.duplicates,
    },
    reasons: [...commandErrors.keys(), ...traffic.reasons.keys()],
    messages: traffic.ended.answer,
    swapMs: median(times),
    earlyMb,
    lateMb,
  };
}

/** Commands have no number, so `Traffic` leaves their errors alone. */
function watchCommands(gateway: Gateway, onError: (reason: string) => void): void {
  const line = gateway.line('line');
  const others = line.onEnd;
  line.onEnd = (end) => {
    if (end.kind === 'error' && end.message.command !== undefined) onError(end.message.error?.message);
    others(end);
  };
}

/** Median over a second, after the old process has left and garbage was collected. */
async function settledMemory(): Promise<number> {
  await demand('only one process is left', () => hostPids().length === 1, SWAP_TIMEOUT_MS);
  const samples: number[] = [];
  for (let sample = 0; sample < 10; sample++) {
    samples.push(memoryMb());
    await delay(100);
  }
  return median(samples);
}
