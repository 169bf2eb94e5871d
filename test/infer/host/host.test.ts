import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Tensors } from '../../../nodes/infer/host/protocol.ts';
import { residentMb } from '../../../nodes/infer/host/resident-memory.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';
import { echoModel } from '../models.ts';
import { first, hostRig, turns, vector } from './open-host.ts';

describe('inference host', () => {
  const { folder, open } = hostRig();

  it('runs the native library in a process of its own, by default', async () => {
    const { host, run, states } = open('triple.onnx');
    const answer = await run(vector(1, 2, 3));
    assert.deepEqual(first(answer), [3, 6, 9]);
    assert.equal(answer.info.backend, 'cpu', `native must run where glibc is: ${answer.info.fallbackReason}`);
    assert.deepEqual(answer.info.inputs, [{ name: 'x', type: 'float32', dims: ['batch', 3] }]);
    assert.ok(host.pid !== undefined && host.pid !== process.pid);
    assert.deepEqual(
      states.map(({ kind }) => kind),
      ['starting', 'ready'],
    );
    assert.ok(answer.runMs > 0 && answer.queueMs > 0);
  });

  it('runs WebAssembly where it is wanted', async () => {
    const answer = await open('triple.onnx', { backend: 'wasm' }).run(vector(1, 2, 3));
    assert.deepEqual(first(answer), [3, 6, 9]);
    assert.equal(answer.info.backend, 'wasm');
    assert.equal(answer.info.fallbackReason, undefined);
  });

  describe('where the native library can not be loaded', () => {
    const missing = `data:text/javascript,${encodeURIComponent(`
      import { registerHooks } from 'node:module';
      registerHooks({ resolve(name, context, next) {
        if (name === 'onnxruntime-node') throw new Error("Cannot find package 'onnxruntime-node'");
        return next(name, context);
      } });`)}`;
    const { NODE_OPTIONS } = process.env;
    beforeEach(() => {
      process.env.NODE_OPTIONS = `--import "${missing}"`;
    });
    afterEach(() => {
      if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = NODE_OPTIONS;
    });

    it('falls back to WebAssembly and says why', async () => {
      const answer = await open('triple.onnx').run(vector(1, 2, 3));
      assert.deepEqual(first(answer), [3, 6, 9]);
      assert.equal(answer.info.backend, 'wasm');
      assert.match(answer.info.fallbackReason ?? '', /Cannot find package 'onnxruntime-node'/);
    });

    it('fails where native was demanded', async () => {
      await assert.rejects(open('triple.onnx', { backend: 'cpu' }).run(vector(1)), /backend cpu is not available: Cannot find package/);
    });
  });

  for (const backend of ['cpu', 'wasm'] as const) {
    it(`passes every tensor type through (${backend})`, async () => {
      const inputs: Tensors = {
        float32: { type: 'float32', dims: [2], data: Float32Array.of(1.5, Number.NaN) },
        float64: { type: 'float64', dims: [1, 1], data: Float64Array.of(Math.PI) },
        float16: { type: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xc000) },
        int8: { type: 'int8', dims: [1], data: Int8Array.of(-128) },
        int16: { type: 'int16', dims: [1], data: Int16Array.of(-5) },
        int32: { type: 'int32', dims: [], data: Int32Array.of(-7) },
        int64: { type: 'int64', dims: [2], data: BigInt64Array.of(-(2n ** 60n), 5n) },
        uint8: { type: 'uint8', dims: [0, 3], data: new Uint8Array(0) },
        uint16: { type: 'uint16', dims: [1], data: Uint16Array.of(65535) },
        uint32: { type: 'uint32', dims: [1], data: Uint32Array.of(2 ** 32 - 1) },
        uint64: { type: 'uint64', dims: [1], data: BigUint64Array.of(2n ** 63n) },
        bool: { type: 'bool', dims: [3], data: Uint8Array.of(1, 0, 1) },
        string: { type: 'string', dims: [2], data: ['Lager heiß', '轴承'] },
      };
      const specs = Object.fromEntries(
        Object.entries(inputs).map(([name, { type, dims }]) => [name, { type, dims: dims.map((_, at) => `d${at}_${name}`) }]),
      );
      folder.write('echo.onnx', echoModel(specs));
      const { outputs } = await open('echo.onnx', { backend }).run(inputs);
      assert.deepEqual(outputs, Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [`${name}_out`, tensor])));
    });
  }

  it('answers in the order of the calls', async () => {
    const { run } = open('triple.onnx');
    const order: number[] = [];
    await Promise.all(Array.from({ length: 50 }, async (_, number) => order.push((first(await run(vector(number, 0, 0)))[0] ?? 0) / 3)));
    assert.deepEqual(
      order,
      Array.from({ length: 50 }, (_, number) => number),
    );
  });

  it('reports an input that the model fails on, and goes on', async () => {
    const { run, states } = open('triple.onnx');
    await assert.rejects(run({ z: float32Tensor([1, 3], new Float32Array(3)) }), { code: 'model-run' });
    assert.deepEqual(first(await run(vector(1, 2, 3))), [3, 6, 9]);
    assert.deepEqual(
      states.map(({ kind }) => kind),
      ['starting', 'ready'],
      'a failed run is no crash',
    );
  });

  it('takes so many waiting runs of each owner and no more', async () => {
    const { run } = open('loop.onnx');
    await run(turns(0, 1n));
    const [one, another] = [{ limit: 3 }, { limit: 3 }];
    const accepted = Array.from({ length: 2 + 3 }, () => run(turns(0, 1000n), one));
    await assert.rejects(run(turns(0, 1n), one), /more than 3 messages wait/);
    const other = run(turns(0, 1n), another);
    assert.equal((await Promise.all([...accepted, other])).length, 6);
  });

  it('offers itself to the kernel first when memory ends, and stands back for Node-RED', async function () {
    if (process.platform !== 'linux') this.skip();
    const { host, run } = open('triple.onnx');
    await run(vector(1, 2, 3));
    assert.equal(readFileSync(`/proc/${host.pid}/oom_score_adj`, 'utf8').trim(), '700');
    const nice = (pid: number | undefined) => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[16]);
    assert.ok(nice(host.pid) > nice(process.pid));
  });

  it('adds little to a small run (measured, printed)', async function () {
    const { host, run } = open('autoencoder.onnx');
    const inputs = vector(...Array(14).fill(0.5));
    for (let count = 0; count < 300; count++) await run(inputs);
    const times: number[] = [];
    for (let count = 0; count < 1000; count++) {
      const start = performance.now();
      await run(inputs);
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => ((times[Math.floor(share * times.length)] ?? 0) * 1000).toFixed(0);
    console.log(
      `        round trip of a 14-value autoencoder: p50 ${at(0.5)} µs, p99 ${at(0.99)} µs; host ${(await residentMb(host.pid ?? 0))?.toFixed(0)} MB`,
    );
    assert.ok((times[500] ?? 0) < 5);
  });
});
