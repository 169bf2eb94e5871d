import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { TrainingEvent, TrainingRequest } from '../../../nodes/score/learn/contract.ts';
import { startTraining, type TrainerOptions } from '../../../nodes/score/learn/train/trainer.ts';
import { LinewatchError } from '../../../nodes/shared/errors.ts';
import { isAlive } from '../../infer/host/open-host.ts';
import { learned, machineRows, requestFor } from './machine.ts';

/** An autoencoder that trains for many seconds. */
const long = () => requestFor(machineRows(100_000), { method: 'autoencoder' });

function started(request: TrainingRequest, options: Partial<TrainerOptions> = {}) {
  const events: TrainingEvent[] = [];
  let heard = () => {};
  const training = startTraining(request, {
    ...options,
    onEvent: (event) => {
      events.push(event);
      options.onEvent?.(event);
      heard();
    },
  });
  const next = () =>
    new Promise<void>((resolve) => {
      heard = resolve;
    });
  return { ...training, events, next };
}

function refusal(events: TrainingEvent[]): string {
  const last = events.at(-1);
  assert.ok(last?.kind === 'refused', `it was not refused: ${last?.kind}`);
  return new LinewatchError(last.code, last.context).message;
}

describe('training in a process of its own', function () {
  this.timeout(30_000);

  it('gives the very bytes that training here gives, and ends', async () => {
    const request = requestFor(machineRows(600), { method: 'auto' });
    const { events, done, pid } = started(request);
    await done;
    const last = events.at(-1);
    assert.ok(last?.kind === 'done', JSON.stringify(last));
    const here = learned(request);
    assert.deepEqual(Buffer.from(last.onnx), Buffer.from(here.onnx));
    assert.deepEqual(last.manifest, here.manifest);
    assert.deepEqual(last.report, here.report);
    assert.equal(isAlive(pid), false);
  });

  it('tells progress while it trains, and this thread goes on meanwhile', async () => {
    const { events, done, cancel, next } = started(long());
    let longest = 0;
    let last = performance.now();
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const points = () => events.filter((event) => event.kind === 'progress' && event.heldOutError !== undefined);
    while (points().length < 4) await next();
    clearInterval(beat);
    assert.ok(longest < 500, `${longest} ms`);
    const point = events.at(-1);
    assert.ok(point?.kind === 'progress' && (point.heldOutError as number) > 0 && point.share > 0 && point.share < 1);
    cancel();
    await done;
  });

  it('ends at once when it is cancelled, and tells nothing afterwards', async () => {
    const { events, done, cancel, pid, next } = started(long());
    await next();
    cancel();
    await done;
    assert.equal(isAlive(pid), false);
    assert.equal(refusal(events), 'training was cancelled; nothing was changed');
    const count = events.length;
    cancel();
    await delay(50);
    assert.equal(events.length, count);
  });

  it('a process that is killed is an error that says so, and nothing else', async () => {
    const { events, done, pid, next } = started(long());
    await next();
    process.kill(pid as number, 'SIGSEGV');
    await done;
    assert.match(refusal(events), /^the training process ended \(SIGSEGV.*\); nothing was changed, the model in use stays$/);
  });

  it('where the system has no files left for another process, that is an error as well, and nothing hangs', () => {
    const trainer = new URL('../../../nodes/score/learn/train/trainer.ts', import.meta.url);
    const script = `
      import { openSync } from 'node:fs';
      import { startTraining } from '${trainer}';
      try { for (;;) openSync('/dev/null', 'r'); } catch {}
      const request = { task: 'normal', columns: [], inputDims: [1, 1], rows: new Float32Array(0), times: new Float64Array(0), windowMs: 0, name: 'x', seed: 1 };
      const { done } = startTraining(request, { onEvent: ({ kind, code, context }) => console.log(kind, code, context.reason) });
      await done;
    `;
    const shell = 'ulimit -n 64; exec "$0" --input-type=module --eval "$1"';
    const { stdout, stderr } = spawnSync('sh', ['-c', shell, process.execPath, script], { encoding: 'utf8', timeout: 20_000 });
    assert.match(stdout, /^refused learn-crashed spawn .* EMFILE\n$/, stderr);
  });

  it('is stopped at its deadline', async () => {
    const { events, done, pid } = started(long(), { deadlineMs: 1500 });
    await done;
    assert.match(refusal(events), /^training took longer than 0\.025 min and was stopped/);
    assert.equal(isAlive(pid), false);
  });

  it('is stopped at its memory limit', async () => {
    const { events, done } = started(long(), { memoryMb: 60 });
    await done;
    assert.match(refusal(events), /^the training process used \d+ MB, more than its limit of 60 MB, and was stopped/);
  });

  it('hands on what training refuses', async () => {
    const { events, done } = started(requestFor(machineRows(20)));
    await done;
    assert.match(refusal(events), /^too little to learn from/);
  });
});
