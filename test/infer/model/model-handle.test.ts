import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { HostState } from '../../../nodes/infer/host/host-state.ts';
import { acquireHandle, dropHandle, modelHandles } from '../../../nodes/infer/model/handles.ts';
import { Lane } from '../../../nodes/infer/model/lane.ts';
import type { ModelHandle, ModelListener } from '../../../nodes/infer/model/model-handle.ts';
import type { ModelSettings } from '../../../nodes/infer/model/model-settings.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';
import { until } from '../host/open-host.ts';
import { echoModel, scaleModel, temporaryFolder } from '../models.ts';
import { settings as defaults } from './open-handle.ts';

describe('the handle of a model', () => {
  const folder = temporaryFolder({
    'triple.onnx': scaleModel(3),
    'triple.json': '{ "name": "times three", "version": "2" }',
    'double.onnx': scaleModel(2),
    'wide.onnx': scaleModel(2, 5),
    'echo.onnx': echoModel({ x: { type: 'int64', dims: [2] } }),
  });
  const settings: ModelSettings = { ...defaults, path: 'triple.onnx', watch: true };
  let remembered: string | undefined;
  const acquire = (changes: Partial<ModelSettings> = {}) =>
    acquireHandle(
      'model',
      { ...settings, ...changes },
      {
        label: 'model',
        folders: [folder.path],

        memory: {
          read: () => remembered,
          write: (path) => {
            remembered = path;
          },
        },
      },
    );
  const open = (handle: ModelHandle, listener: ModelListener = { onState: () => {} }) =>
    new Lane(handle, { order: 'fifo', limit: 100, priority: 0, retry: false }, listener);
  const inputs = () => ({ x: float32Tensor([1, 3], Float32Array.of(1, 2, 3)) });
  const values = async (lane: Lane) => Array.from((await lane.run(inputs)).outputs.y?.data as Float32Array);

  afterEach(async () => {
    remembered = undefined;
    for (const handle of [...modelHandles()]) await dropHandle(handle);
  });
  after(() => folder.remove());

  it('starts no process before somebody uses the model', async () => {
    const handle = acquire();
    const manifest = await handle.manifest();
    assert.deepEqual([manifest?.name, manifest?.version, handle.pid], ['times three', '2', undefined]);
  });

  it('reads the manifest once for all who ask at the same time, and answers in their order', async () => {
    const handle = acquire();
    const order: number[] = [];
    const ask = async (index: number) => {
      const got = await handle.manifest();
      order.push(index);
      return got;
    };
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => ask(index)));
    assert.equal(new Set(answers).size, 1);
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
  });

  it('tells each user what state the model is in, from when it came', async () => {
    const handle = acquire();
    const states: HostState['kind'][][] = [[], []];
    const { model } = await open(handle, { onState: ({ kind }) => states[0]?.push(kind) }).run(inputs);
    open(handle, { onState: ({ kind }) => states[1]?.push(kind) });
    assert.deepEqual(states, [['starting', 'ready'], ['ready']]);
    assert.deepEqual([model.name, model.version, model.inputs[0]?.name], ['times three', '2', 'x']);
  });

  it('calls a model without a manifest by its file and the time that this was written', async () => {
    const { model } = await open(acquire({ path: 'double.onnx' })).run(inputs);
    assert.equal(model.name, 'double');
    assert.match(model.version, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('keeps its process over a deploy, and lets it go when nobody uses it any more', async () => {
    const first = open(acquire());
    await first.run(inputs);
    const handle = acquire();
    const { pid } = handle;
    first.close();
    const second = open(handle);
    assert.deepEqual(await values(second), [3, 6, 9]);
    assert.equal(handle.pid, pid);
    second.close();
    await delay(2500);
    assert.throws(() => process.kill(pid as number, 0), { code: 'ESRCH' });
    assert.deepEqual(await values(open(handle)), [3, 6, 9]);
  });

  it('fails what waits of a user who leaves', async () => {
    const lane = open(acquire());
    const waiting = lane.run(inputs);
    lane.close();
    await assert.rejects(waiting, { code: 'model-closed' });
  });

  describe('after a deploy with another file', () => {
    it('has the new one take over while the old serves on', async () => {
      const lane = open(acquire());
      assert.deepEqual(await values(lane), [3, 6, 9]);
      const handle = acquire({ path: 'double.onnx' });
      assert.deepEqual(await values(lane), [3, 6, 9]);
      await until(() => handle.version.startsWith('20'));
      assert.deepEqual(await values(lane), [2, 4, 6]);
    });

    it('keeps the old one, and says so, where the new one can not be loaded', async () => {
      const kept: string[] = [];
      const lane = open(acquire(), { onState: () => {}, onKept: ({ code }) => kept.push(code) });
      await values(lane);
      acquire({ path: 'missing.onnx' });
      await until(() => kept.length > 0);
      assert.deepEqual(kept, ['model-missing']);
      assert.deepEqual(await values(lane), [3, 6, 9]);
      const handle = acquire();
      await until(() => handle.kept === undefined);
    });

    it('does not keep one that takes other tensors', async () => {
      const lane = open(acquire());
      await values(lane);
      acquire({ path: 'wide.onnx' });
      const five = () => ({ x: float32Tensor([1, 5], Float32Array.of(1, 2, 3, 4, 5)) });
      await until(() => [...modelHandles()][0]?.state.kind !== 'ready');
      assert.deepEqual(Array.from((await lane.run(five)).outputs.y?.data as Float32Array), [2, 4, 6, 8, 10]);
    });

    it('loads it anew with other threads, and takes a deadline over as it is', async () => {
      const lane = open(acquire());
      await values(lane);
      const { pid } = acquire({ deadlineMs: 7000 });
      await delay(300);
      assert.equal([...modelHandles()][0]?.pid, pid);
      const handle = acquire({ deadlineMs: 7000, threads: 2 });
      await until(() => handle.pid !== pid && handle.pid !== undefined);
      assert.deepEqual(await values(lane), [3, 6, 9]);
    });
  });

  describe('swapped by command', () => {
    it('runs the other file, remembers it, and goes back', async () => {
      const handle = acquire();
      const lane = open(handle);
      await values(lane);
      await assert.rejects(handle.rollback(), { code: 'model-rollback' });
      await handle.swap('double.onnx');
      assert.deepEqual(await values(lane), [2, 4, 6]);
      assert.equal(remembered, 'double.onnx');
      await handle.rollback();
      assert.deepEqual(await values(lane), [3, 6, 9]);
      assert.equal(remembered, undefined);
      const { swaps, failedSwaps } = handle.statistics.snapshot();
      assert.deepEqual([swaps, failedSwaps], [2, 0]);
    });

    it('begins with what it was swapped to before a restart', async () => {
      remembered = 'double.onnx';
      assert.deepEqual(await values(open(acquire())), [2, 4, 6]);
    });

    it('stays as it is where the other takes other tensors, and names the first difference', async () => {
      const handle = acquire();
      const lane = open(handle);
      await values(lane);
      await assert.rejects(handle.swap('wide.onnx'), /another input x: expected float32 \[batch, 3\], got float32 \[batch, 5\]/);
      await assert.rejects(handle.swap('echo.onnx'), /another input x: expected float32 \[batch, 3\], got int64 \[2\]/);
      await assert.rejects(handle.swap('missing.onnx'), { code: 'model-missing' });
      await assert.rejects(handle.swap('../../etc/passwd'), { code: 'model-outside' });
      assert.deepEqual(await values(lane), [3, 6, 9]);
      assert.equal(handle.statistics.snapshot().failedSwaps, 4);
      assert.equal(remembered, undefined);
    });

    it('takes a model that works in place of one that does not', async () => {
      const handle = acquire({ path: 'missing.onnx' });
      const lane = open(handle);
      await until(() => handle.state.kind === 'broken');
      await handle.swap('double.onnx');
      assert.deepEqual(await values(lane), [2, 4, 6]);
    });
  });

  describe('whose file changes', () => {
    it('loads the new one when it is whole, and not before', async () => {
      folder.write('changing.onnx', scaleModel(3));
      const kept: string[] = [];
      const handle = acquire({ path: 'changing.onnx' });
      const lane = open(handle, { onState: () => {}, onKept: ({ code }) => kept.push(code) });
      assert.deepEqual(await values(lane), [3, 6, 9]);
      folder.write('changing.onnx', scaleModel(4).subarray(0, 60));
      await until(() => kept.length > 0);
      assert.deepEqual(kept, ['model-file-truncated']);
      assert.deepEqual(await values(lane), [3, 6, 9]);
      folder.write('changing.onnx', scaleModel(4));
      await until(() => handle.statistics.snapshot().swaps > 0);
      assert.deepEqual(await values(lane), [4, 8, 12]);
      assert.equal(handle.kept, undefined);
    });

    it('leaves it alone where that is wanted', async () => {
      folder.write('changing.onnx', scaleModel(3));
      const lane = open(acquire({ path: 'changing.onnx', watch: false }));
      await values(lane);
      folder.write('changing.onnx', scaleModel(4));
      await delay(3500);
      assert.deepEqual(await values(lane), [3, 6, 9]);
    });
  });

  it('shares the process of a name with other models', async () => {
    const shared = (id: string, path: string) =>
      acquireHandle(
        id,
        { ...settings, path, host: 'small ones' },
        { label: id, folders: [folder.path], memory: { read: () => undefined, write: () => {} } },
      );
    const [triple, double] = [shared('a', 'triple.onnx'), shared('b', 'double.onnx')];
    const lanes = [open(triple), open(double)] as const;
    assert.deepEqual(await Promise.all(lanes.map(values)), [
      [3, 6, 9],
      [2, 4, 6],
    ]);
    assert.equal(triple.pid, double.pid);
  });
});
