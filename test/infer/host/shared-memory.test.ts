import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import type { Tensors } from '../../../nodes/infer/host/protocol.ts';
import { Scratch } from '../../../nodes/infer/host/scratch.ts';
import { openMemory, SharedMemory } from '../../../nodes/infer/host/shared-memory.ts';
import { echoModel } from '../models.ts';
import { hostRig } from './open-host.ts';

const floats = (length: number, first: number) => Float32Array.from({ length }, (_, index) => first + index);
const large = (first: number): Tensors => ({ x: { type: 'float32', dims: [1, 100_000], data: floats(100_000, first) } });

describe('memory that a host shares', function () {
  if (process.platform !== 'linux') return;
  const fd = openMemory() as number;
  after(() => closeSync(fd));

  it('carries large tensors of any type, and leaves small ones and texts to the channel', () => {
    const [giver, taker] = [new SharedMemory(fd, 'inputs'), new SharedMemory(fd, 'inputs')];
    const tensors: Tensors = {
      ...large(1),
      ids: { type: 'int64', dims: [8192], data: BigInt64Array.from({ length: 8192 }, (_, index) => -BigInt(index)) },
      view: { type: 'uint8', dims: [40_000], data: new Uint8Array(50_000).fill(7).subarray(10_000) },
      small: { type: 'float32', dims: [2], data: floats(2, 0) },
      words: { type: 'string', dims: [1], data: ['Lager'] },
    };
    const sent = giver.put(tensors, 0);
    assert.deepEqual(
      Object.entries(sent).map(([name, tensor]) => [name, 'at' in tensor]),
      [
        ['x', true],
        ['ids', true],
        ['view', true],
        ['small', false],
        ['words', false],
      ],
    );
    assert.deepEqual(taker.fetch(sent), tensors);
    assert.deepEqual(taker.fetch(sent, new Scratch()), tensors, 'into memory that is used again');
  });

  it('keeps two messages apart, and inputs from outputs', () => {
    const [inputs, outputs] = [new SharedMemory(fd, 'inputs'), new SharedMemory(fd, 'outputs')];
    const sent = [inputs.put(large(1), 0), outputs.put(large(2), 0), inputs.put(large(3), 1), outputs.put(large(4), 1)];
    const reader = new SharedMemory(fd, 'inputs');
    assert.deepEqual(
      sent.map((tensors) => reader.fetch(tensors).x?.data[0]),
      [1, 2, 3, 4],
    );
  });

  it('leaves a message to the channel that is too large, or that the file has no room for', () => {
    const closed = new SharedMemory(99_999, 'inputs');
    const tensors = large(1);
    assert.equal(closed.put(tensors, 0), tensors);
    const huge: Tensors = { x: { type: 'uint8', dims: [40 * 2 ** 20], data: new Uint8Array(40 * 2 ** 20) } };
    assert.equal(new SharedMemory(fd, 'inputs').put(huge, 0).x, huge.x);
  });
});

describe('a host, given large tensors', () => {
  const { folder, open } = hostRig();
  folder.write('echo.onnx', echoModel({ x: { type: 'float32', dims: [1, 'n'] } }));

  it('gives each message its own result, however many are under way', async () => {
    const { run } = open('echo.onnx');
    const answers = await Promise.all(Array.from({ length: 40 }, (_, number) => run(number % 3 === 0 ? small(number) : large(number))));
    answers.forEach(({ outputs }, number) => {
      assert.equal(outputs.x_out?.data.length, number % 3 === 0 ? 1 : 100_000);
      assert.deepEqual([outputs.x_out?.data[0], outputs.x_out?.data.at(-1)], [number, number + (number % 3 === 0 ? 0 : 99_999)]);
    });
  });

  const small = (value: number): Tensors => ({ x: { type: 'float32', dims: [1, 1], data: Float32Array.of(value) } });
});
