import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withoutInspector } from '../../../nodes/infer/host/child.ts';
import { ENDLESS, scaleModel } from '../models.ts';
import { first, hostRig, isAlive, turns, until, vector } from './open-host.ts';

describe('inference host that falls, hangs or is closed', () => {
  const { folder, open, setupOf } = hostRig();

  it('errors the run that was going on when the process died, and gives the others to the next one', async () => {
    const { host, run, states } = open('loop.onnx');
    assert.deepEqual(first(await run(turns(1, 2n))), [3]);
    const { pid } = host;
    const running = run(turns(0, ENDLESS));
    const waiting = [run(turns(10, 1n)), run(turns(20, 1n)), run(turns(30, 1n))];
    await delay(50);
    process.kill(pid ?? 0, 'SIGKILL');
    await assert.rejects(running, /ended during this run \(SIGKILL\)/);
    assert.deepEqual((await Promise.all(waiting)).map(first), [[11], [21], [31]]);
    assert.notEqual(host.pid, pid);
    assert.deepEqual(
      states.map(({ kind }) => kind),
      ['starting', 'ready', 'restarting', 'starting', 'ready'],
    );
  });

  it('runs what waits behind a run that hangs, where the model is deployed anew meanwhile', async () => {
    const { host, model, run } = open('loop.onnx', { deadlineMs: 500 });
    await run(turns(0, 1n));
    const hung = run(turns(0, ENDLESS));
    const waiting = [run(turns(1, 1n)), run(turns(2, 1n))];
    const refused = assert.rejects(hung, { code: 'model-deadline' });
    await host.reload(model);
    await refused;
    assert.deepEqual((await Promise.all(waiting)).map(first), [[2], [3]]);
  });

  it('answers again after an idle process died', async () => {
    const { host, model, run } = open('triple.onnx');
    await run(vector(1, 1, 1));
    process.kill(host.pid ?? 0, 'SIGKILL');
    await until(() => model.state.kind !== 'ready');
    assert.deepEqual(first(await run(vector(1, 2, 3))), [3, 6, 9]);
  });

  it('stops a run past its deadline', async () => {
    const { run } = open('loop.onnx', { deadlineMs: 200 });
    await run(turns(0, 1n));
    const start = performance.now();
    await assert.rejects(run(turns(0, ENDLESS)), /did not answer within 200 ms/);
    const took = performance.now() - start;
    assert.ok(took >= 200 && took < 700, `it took ${took} ms`);
    assert.deepEqual(first(await run(turns(5, 1n))), [6]);
  });

  it('does not count the time in the queue or standstill of our own thread towards the deadline', async () => {
    const { run } = open('triple.onnx', { deadlineMs: 100 });
    await run(vector(1, 1, 1));
    const answer = run(vector(1, 2, 3));
    for (const end = performance.now() + 300; performance.now() < end; );
    assert.deepEqual(first(await answer), [3, 6, 9]);
  });

  it('is broken after five crashes without an answer, and is tried again later', async () => {
    const { model, run, states } = open('loop.onnx', { deadlineMs: 200 });
    await run(turns(0, 1n));
    const results = await Promise.allSettled(Array.from({ length: 7 }, () => run(turns(0, ENDLESS))));
    const messages = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'answered'));
    assert.deepEqual(messages, [...Array(5).fill('model-deadline'), 'model-crashes', 'model-crashes']);
    assert.equal(states.at(-1)?.kind, 'broken');
    await assert.rejects(run(turns(1, 1n)), { code: 'model-crashes' });
    assert.equal(model.state.kind, 'broken', 'within the pause no process is started');
    await delay(1010);
    assert.deepEqual(first(await run(turns(1, 1n))), [2]);
  });

  it('survives that the system refuses another process, and goes on when it no longer does', async () => {
    const { run } = open('triple.onnx');
    // More than Linux lets one variable hold: exec fails with E2BIG, which Node.js throws.
    process.env.LINEWATCH_TEST_HUGE = 'x'.repeat(200_000);
    const answer = run(vector(1, 2, 3));
    await delay(50);
    delete process.env.LINEWATCH_TEST_HUGE;
    assert.deepEqual(first(await answer), [3, 6, 9]);
  });

  it('starts where Node-RED itself was told to wait for a debugger', async () => {
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = '--no-warnings --inspect-brk=127.0.0.1:0';
    try {
      assert.deepEqual(first(await open('triple.onnx').run(vector(1, 2, 3))), [3, 6, 9]);
    } finally {
      if (before === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = before;
    }
  });

  it('keeps the other options of Node-RED for the process', () => {
    const given = { PATH: '/bin', NODE_OPTIONS: '--inspect=9229 --max-old-space-size=64 --inspect-port=0' };
    assert.deepEqual(withoutInspector(given), { PATH: '/bin', NODE_OPTIONS: '--max-old-space-size=64' });
    assert.deepEqual(withoutInspector({ PATH: '/bin' }), { PATH: '/bin' });
  });

  it('has memory of its own for no more than two of its threads, unless Node-RED was told otherwise', async function () {
    if (process.platform !== 'linux') this.skip();
    const before = process.env.MALLOC_ARENA_MAX;
    const given = async () => {
      const { host, run, close } = open('triple.onnx');
      await run(vector(1, 1, 1));
      const variables = readFileSync(`/proc/${host.pid}/environ`, 'latin1').split('\0');
      await close();
      return variables.filter((variable) => variable.startsWith('MALLOC_ARENA_MAX'));
    };
    try {
      delete process.env.MALLOC_ARENA_MAX;
      assert.deepEqual(await given(), ['MALLOC_ARENA_MAX=2']);
      process.env.MALLOC_ARENA_MAX = '8';
      assert.deepEqual(await given(), ['MALLOC_ARENA_MAX=8']);
    } finally {
      if (before === undefined) delete process.env.MALLOC_ARENA_MAX;
      else process.env.MALLOC_ARENA_MAX = before;
    }
  });

  it('kills a process that does not end by itself when its model is closed', async function () {
    if (process.platform === 'win32') this.skip();
    const { host, run, close } = open('triple.onnx');
    await run(vector(1, 1, 1));
    const { pid } = host;
    process.kill(pid as number, 'SIGSTOP');
    await close();
    await until(() => !isAlive(pid));
  });

  it('refuses a corrupt file, and takes it once it is whole', async () => {
    folder.write('copied.onnx', scaleModel(2).subarray(0, 50));
    const { run } = open('copied.onnx');
    await assert.rejects(run(vector(1, 2, 3)), /copied\.onnx can not be loaded as an ONNX model: .*protobuf/i);
    folder.write('copied.onnx', scaleModel(2));
    await assert.rejects(run(vector(1, 2, 3)), { code: 'model-unreadable' }, 'within the pause the error stands');
    await delay(1010);
    assert.deepEqual(first(await run(vector(1, 2, 3))), [2, 4, 6]);
  });

  it('refuses a file whose sha256 is not the one in the manifest', async () => {
    await assert.rejects(
      open('triple.onnx', { sha256: '0'.repeat(64) }).run(vector(1)),
      /expected sha256 0{64} as its manifest says, got [0-9a-f]{64}/,
    );
  });

  it('ends the process when it is closed, in the middle of a run too', async () => {
    const { host, run, close } = open('loop.onnx');
    await run(turns(0, 1n));
    const pid = host.pid ?? 0;
    const running = run(turns(0, ENDLESS));
    const waiting = run(turns(0, 1n));
    const start = performance.now();
    const outcome = Promise.allSettled([running, waiting]);
    await close();
    assert.ok(performance.now() - start < 2000);
    assert.deepEqual(
      (await outcome).map((result) => result.status === 'rejected' && result.reason.code),
      ['model-closed', 'model-closed'],
    );
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    await assert.rejects(run(turns(0, 1n)), { code: 'model-closed' });
  });

  it('lets a run finish that is nearly done when it is closed', async () => {
    const { run, close } = open('loop.onnx');
    await run(turns(0, 1n));
    const running = run(turns(0, 20_000n));
    await Promise.all([close(5000), running.then((answer) => assert.deepEqual(first(answer), [20_000]))]);
  });

  it('does not outlive a Node-RED that was killed, not even in an endless run', async function () {
    if (process.platform === 'win32') this.skip();
    const script = `
      import { Host } from ${JSON.stringify(new URL('../../../nodes/infer/host/host.ts', import.meta.url).href)};
      import { ModelStatistics } from ${JSON.stringify(new URL('../../../nodes/infer/host/statistics.ts', import.meta.url).href)};
      const host = new Host();
      const model = host.add({
        locate: async () => (${JSON.stringify(setupOf('loop.onnx'))}),
        deadlineMs: 1e6, loadDeadlineMs: 1e6, memoryMb: 0, niceness: 10, batchLimit: 1,
        statistics: new ModelStatistics(), onLoaded() {}, onState() {},
      });
      const owner = { order: 'fifo', limit: 9, priority: 0 };
      const run = (count) => new Promise((resolve, reject) => host.run(model, { owner, state: '', resolve, reject, dueAt: 1e9, retries: 0, prepare: () => ({
        x: { type: 'float32', dims: [1], data: new Float32Array(1) },
        turns: { type: 'int64', dims: [1], data: BigInt64Array.of(count) },
      }) }));
      await run(1n);
      run(${ENDLESS}n);
      setTimeout(() => console.log(host.pid), 50);`;
    const parent = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = Number(String((await once(parent.stdout, 'data'))[0]));
    assert.ok(pid > 0);
    parent.kill('SIGKILL');
    const isThere = () => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    assert.ok(isThere(), 'its model is in the endless run');
    await until(() => !isThere());
  });

  it('ends where Node-RED was gone before it could look for the first time', async () => {
    // Named as its parent is a process that is not: as if that had died meanwhile, and another had taken its place.
    const child = fork(join(import.meta.dirname, '../../../nodes/infer/host/process.ts'), ['1'], {
      serialization: 'advanced',
      execArgv: ['--no-warnings'],
    });
    const [, signal] = await once(child, 'exit');
    assert.equal(signal, 'SIGKILL');
  });

  it('stops a process that grows past its memory ceiling', async function () {
    if (process.platform !== 'linux') this.skip();
    const { run } = open('loop.onnx', { memoryMb: 20 });
    await assert.rejects(run(turns(0, ENDLESS)), /used \d+ MB, more than its ceiling of 20 MB/);
  });
});
