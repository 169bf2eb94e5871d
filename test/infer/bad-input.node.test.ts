import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../../nodes/shared/random.ts';
import { type InferFlow, startInfer } from './infer-flow.ts';
import { echoModel, memoryModel, scaleModel, temporaryFolder } from './models.ts';
import { badPayloads, float32, oddPayloads, throwing } from './odd-payloads.ts';

describe('onnx infer, given bad input', () => {
  const folder = temporaryFolder({
    'triple.onnx': scaleModel(3),
    'labels.onnx': echoModel({ x: { type: 'string', dims: ['n'] } }),
    'rank.onnx': echoModel({ x: { type: 'float32', dims: ['a', 'b', 'c'] } }),
    'memory.onnx': memoryModel(),
  });
  let flow: InferFlow | undefined;
  after(() => folder.remove());

  /** The error that a message gets; it is caught, logged once, and shown in red. */
  async function failure({ send, next, statuses, logged, waiting }: InferFlow, payload: unknown): Promise<string> {
    const lines = logged('infer').length;
    send('infer', { payload, topic: 'bad' });
    const { error, topic } = await next('caught', 15_000);
    assert.equal(topic, 'bad');
    assert.equal(statuses('infer').at(-1)?.fill, 'red');
    assert.deepEqual(logged('infer').slice(lines), [error.message]);
    assert.deepEqual([waiting('caught').length, waiting('out').length, waiting('dropped').length], [0, 0, 0]);
    return error.message;
  }

  describe('in messages', () => {
    let process: number | undefined;
    before(async () => {
      flow = await startInfer(folder.path, 'triple.onnx');
      flow.send('infer', { payload: [1, 2, 3] });
      await flow.next('out');
      process = flow.pid();
    });
    after(() => flow?.stop());

    for (const [what, payload, message] of badPayloads) {
      it(`says what was expected instead of ${what}, and answers the next message`, async () => {
        const { send, next, pid } = flow as InferFlow;
        assert.match(await failure(flow as InferFlow, payload), new RegExp(message));
        send('infer', { payload: [1, 2, 3] });
        assert.deepEqual((await next('out')).payload.data, Float32Array.of(3, 6, 9));
        assert.equal(pid(), process, 'it never harmed the model');
      });
    }

    for (const [what, payload, expected] of oddPayloads) {
      it(`runs the model on ${what}`, async () => {
        const { send, next } = flow as InferFlow;
        send('infer', { payload });
        const message = await next('out');
        assert.deepEqual(message.payload.data, Float32Array.from(expected));
        assert.deepEqual(message.payload.dims, [expected.length / 3, 3]);
      });
    }

    it('runs the model on ten million numbers', async () => {
      const { send, next } = flow as InferFlow;
      const payload = Array.from({ length: 9_999_999 }, (_, index) => index % 7);
      send('infer', { payload });
      const { data, dims } = (await next('out', 19_000)).payload;
      assert.deepEqual([dims, data[9_999_998]], [[3_333_333, 3], 3 * (9_999_998 % 7)]);
    });

    it('takes no harm from a window, a deadline, a topic or a command that are none', async () => {
      const { send, next, waiting } = flow as InferFlow;
      const odd = [null, Number.NaN, {}, [], { columns: new Array(3) }, { columns: [null] }, Symbol('x'), () => 1];
      for (const value of odd) {
        send('infer', { payload: [1, 2, 3], window: value, deadline: value, topic: value });
        await next('out');
      }
      for (const command of [...odd, { do: 'explode' }, { do: 'swap' }, { do: 'swap', path: 7 }, throwing(new Error('x'))]) {
        send('infer', { command });
        await next('caught');
      }
      assert.deepEqual([waiting('out').length, waiting('caught').length, waiting('dropped').length], [0, 0, 0]);
    });
  });

  for (const [what, path, payload, message] of [
    ['a number among texts', 'labels.onnx', ['a', 5], /value 1: expected a text, got 5/],
    ['a text tensor with a number', 'labels.onnx', { type: 'string', dims: [2], data: ['a', 5] }, /value 1: expected a text, got 5/],
    ['more dimensions than there is room, and none of them', 'rank.onnx', float32([2 ** 53, 2 ** 53, 0], new Float32Array(0)), /./],
  ] as const) {
    it(`refuses ${what}, and answers the next message in the same process`, async () => {
      flow = await startInfer(folder.path, path);
      const good = () => {
        flow?.send('infer', { payload: path === 'labels.onnx' ? ['a', 'b'] : [[[1]]] });
        return flow?.next('out');
      };
      await good();
      const pid = flow.pid();
      assert.match(await failure(flow, payload), message);
      await good();
      assert.equal(flow.pid(), pid);
      await flow.stop();
    });
  }

  describe('as a model file', () => {
    const whole = scaleModel(3, 1000);
    const tooLarge = folder.write('large.onnx', whole);
    truncateSync(tooLarge, 2 ** 31);
    for (const [what, path, message] of [
      ['an empty file', folder.write('empty.onnx', ''), /empty\.onnx: the file is empty/],
      [
        'a file that is cut off',
        folder.write('cut.onnx', whole.subarray(0, whole.length - 20)),
        /cut\.onnx: the file is cut off: expected \d+ bytes, it has \d+/,
      ],
      ['a text', folder.write('text.onnx', 'not a model'), /text\.onnx: expected an ONNX model, got text/],
      ['zeros', folder.write('zeros.onnx', new Uint8Array(1000)), /zeros\.onnx: the file begins with zeros/],
      [
        'a picture',
        folder.write('picture.onnx', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')),
        /picture\.onnx: expected an ONNX model, got .*PNG/,
      ],
      ['2 GB', tooLarge, /large\.onnx: expected at most 2147483647 bytes.*got 2147483648/],
    ] as const) {
      it(`says at deploy what is wrong with ${what}, fails each message, and serves when it has a good one`, async () => {
        const { next, send, stop, status, logged, statuses } = await startInfer(folder.path, path);
        assert.match((await next('caught')).error.message, message);
        await status('infer', ({ fill }) => fill === 'red');
        for (let count = 0; count < 2; count++) {
          send('infer', { payload: [1, 2, 3] });
          assert.match((await next('caught')).error.message, message);
        }
        assert.equal(logged('infer').length, 1, 'it is logged once');
        send('infer', { command: { do: 'swap', path: 'triple.onnx' } });
        await status('infer', ({ text }) => text.startsWith('ready') || text.startsWith('swapped'));
        send('infer', { payload: [1, 2, 3] });
        assert.deepEqual((await next('out')).payload.data, Float32Array.of(3, 6, 9));
        await delay(10);
        assert.equal(statuses('infer').at(-1)?.fill, 'green');
        await stop();
      });
    }

    it('lets the good model serve on, wherever the new one is cut off or damaged', async () => {
      const { next, send, stop, pid, statuses } = await startInfer(folder.path, 'triple.onnx');
      send('infer', { payload: [1, 2, 3] });
      await next('out');
      const before = pid();
      const random = seededRandom(3);
      const model = scaleModel(5);
      for (let round = 0; round < 8; round++) {
        // Half are cut off, half have their first bytes in disorder: both happen to copies.
        const bytes = round % 2 === 0 ? model.slice(0, 1 + Math.floor(random() * (model.length - 1))) : model.slice();
        if (round % 2 === 1) bytes.fill(0xff, 2, 2 + round * 3);
        folder.write('next.onnx', bytes);
        send('infer', { command: { do: 'swap', path: 'next.onnx' } });
        assert.match((await next('caught')).error.message, /next\.onnx/);
        assert.equal(statuses('infer').at(-1)?.fill, 'red');
        send('infer', { payload: [1, 2, 3] });
        assert.deepEqual((await next('out')).payload.data, Float32Array.of(3, 6, 9));
      }
      assert.equal(pid(), before);
      await stop();
    });
  });

  describe('that asks for memory', () => {
    const shape = (...dims: bigint[]) => ({ type: 'int64', dims: [dims.length], data: BigInt64Array.from(dims) });
    for (const [what, model, size, message, survives] of [
      ['above the ceiling', { memoryMb: 250 }, shape(2n ** 29n), /used \d+ MB, more than its ceiling of 250 MB, and was stopped/, false],
      ['that the system does not have', {}, shape(2n ** 50n), /the model failed on this input: .*ConstantOfShape/, true],
      ['beyond all addresses', {}, shape(2n ** 40n, 2n ** 40n), /the model failed on this input: .*overflow/i, true],
      ['of a negative size', {}, shape(-5n), /the model failed on this input: /, true],
      ['that WebAssembly can not have', { backend: 'wasm' }, shape(2n ** 30n), /the model failed on this input: /, true],
    ] as const) {
      it(`${what} gets an error, and the next message an answer`, async () => {
        flow = await startInfer(folder.path, 'memory.onnx', { model });
        const { send, next, pid, stop } = flow;
        const good = async () => {
          send('infer', { payload: [2, 3] });
          assert.deepEqual((await next('out')).payload.data, Float32Array.of(6));
        };
        await good();
        const before = pid();
        const lines = flow.logged('infer').length;
        assert.match(await failure(flow, size), message);
        await good();
        assert.equal(pid() === before, survives);
        assert.equal(flow.logged('infer').length, lines + 1);
        await stop();
      });
    }
  });
});
