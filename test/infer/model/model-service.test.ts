import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { HostState } from '../../../nodes/infer/host/host-state.ts';
import { createModelService, type ModelService } from '../../../nodes/infer/model/model-service.ts';
import { realClock } from '../../../nodes/shared/clock.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';
import { scaleModel, temporaryFolder } from '../models.ts';

describe('model service', () => {
  const folder = temporaryFolder({ 'triple.onnx': scaleModel(3), 'triple.json': '{ "name": "times three", "version": "2" }' });
  const inputs = () => ({ x: float32Tensor([1, 3], Float32Array.of(1, 2, 3)) });
  let service: ModelService | undefined;
  const create = (path = 'triple.onnx') => {
    service = createModelService({
      path,
      backend: 'auto',
      threads: 1,
      deadlineMs: 5000,
      memoryMb: 0,
      folders: [folder.path],
      clock: realClock,
    });
    return service;
  };
  afterEach(() => service?.close());
  after(() => folder.remove());

  it('starts no process before somebody uses the model', async () => {
    const { manifest } = create();
    assert.deepEqual(await manifest(), { name: 'times three', version: '2' });
    assert.equal(service?.pid, undefined);
  });

  it('reads the manifest once for all who ask at the same time, and answers in their order', async () => {
    const { manifest } = create();
    const order: number[] = [];
    const ask = async (index: number) => {
      const got = await manifest();
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
    const { open } = create();
    const states: HostState['kind'][][] = [[], []];
    const lane = open(1, ({ kind }) => states[0]?.push(kind));
    const { model } = await lane.run(inputs);
    open(1, ({ kind }) => states[1]?.push(kind));
    assert.deepEqual(states, [['starting', 'ready'], ['ready']]);
    assert.deepEqual([model.name, model.version, model.inputs[0]?.name], ['times three', '2', 'x']);
  });

  it('keeps its process over a deploy, and lets it go when nobody uses it any more', async () => {
    const { open } = create();
    const first = open(1, () => {});
    await first.run(inputs);
    const pid = service?.pid ?? 0;
    first.close();
    const second = open(1, () => {});
    await second.run(inputs);
    assert.equal(service?.pid, pid);
    second.close();
    await delay(2500);
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    assert.deepEqual(Array.from((await open(1, () => {}).run(inputs)).outputs.y?.data as Float32Array), [3, 6, 9]);
  });

  it('fails what waits of a user who leaves', async () => {
    const { open } = create();
    const lane = open(1, () => {});
    const waiting = lane.run(inputs);
    lane.close();
    await assert.rejects(waiting, { code: 'model-closed' });
  });
});
