import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { Lane, type LaneAnswer } from '../../../nodes/infer/model/lane.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';
import { crashingModel, sumModel } from '../models.ts';
import { handleRig, yOf } from './open-handle.ts';

describe('what a model remembers for a node', () => {
  const { deploy, open } = handleRig({ 'sum.onnx': sumModel() });
  const stateful = () => deploy({ path: 'sum.onnx', feeds: [{ input: 'state', source: 'state', from: 'next' }] });
  const one = () => ({ x: float32Tensor([2], Float32Array.of(1, 1)) });
  const seen = (answer: LaneAnswer) => `${yOf(answer)[0]} ${answer.state}`;
  const counted = ['1 new', ...Array.from({ length: 9 }, (_, index) => `${index + 2} continued`)];

  for (const [what, reset] of [
    ['one state is', (lane: Lane) => lane.reset()],
    ['all states are', (lane: Lane) => lane.resetAll()],
  ] as const) {
    it(`is reset between the messages before and after it where ${what} reset while messages wait`, async () => {
      const lane = open(stateful());
      const before = Array.from({ length: 10 }, () => lane.run(one));
      reset(lane);
      const after = Array.from({ length: 2 }, () => lane.run(one));
      assert.deepEqual((await Promise.all(before)).map(seen), counted);
      assert.deepEqual((await Promise.all(after)).map(seen), ['1 new', '2 continued']);
    });
  }

  it('is reset for the key that was named only', async () => {
    const lane = open(stateful());
    await Promise.all([lane.run(one, 'a'), lane.run(one, 'b')]);
    lane.reset('a');
    assert.deepEqual((await Promise.all([lane.run(one, 'a'), lane.run(one, 'b')])).map(seen), ['1 new', '2 continued']);
  });

  it('is kept for 600 keys of each of two nodes', async () => {
    const handle = stateful();
    const lanes = [open(handle), open(handle)];
    const keys = Array.from({ length: 600 }, (_, number) => `machine ${number}`);
    for (const expected of ['1 new', '2 continued', '3 continued']) {
      for (const lane of lanes) {
        const answers = await Promise.all(keys.map((key) => lane.run(one, key)));
        assert.deepEqual([...new Set(answers.map(seen))], [expected]);
      }
    }
  });

  it('is freed where the node is closed, and lost for no other', async () => {
    const handle = stateful();
    const [staying, leaving] = [open(handle), open(handle)];
    await Promise.all([staying.run(one), leaving.run(one)]);
    leaving.close();
    assert.deepEqual([seen(await staying.run(one)), seen(await open(handle).run(one))], ['2 continued', '1 new']);
  });
});

describe('what a node leaves behind', () => {
  const { deploy, open } = handleRig({ 'crashing.onnx': crashingModel() });

  it('is not run again, though the node wanted it tried once more', async () => {
    const handle = deploy({ path: 'crashing.onnx', deadlineMs: 10_000, batchLimit: 1 });
    const staying = open(handle);
    const leaving = new Lane(handle, { order: 'fifo', limit: 100, priority: 0, retry: true }, { onState: () => {} });
    const one = (value: number) => () => ({ x: float32Tensor([1, 1], Float32Array.of(value)) });
    await staying.run(one(1));
    const hung = assert.rejects(leaving.run(one(-1000)), { code: 'model-closed' });
    await delay(50);
    leaving.close();
    process.kill(handle.pid as number, 'SIGKILL');
    await hung;
    assert.deepEqual(Array.from((await staying.run(one(2))).outputs.y?.data as Float32Array), [2]);
    assert.equal(handle.statistics.snapshot().restarts, 1);
  });
});
