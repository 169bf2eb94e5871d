import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../nodes/shared/random.ts';
import { float32Tensor, type Tensor } from '../../nodes/shared/tensor.ts';
import { type InferFlow, startInfer } from './infer-flow.ts';
import { echoModel, lstmModel, sumModel, temporaryFolder } from './models.ts';

const silero = join(import.meta.dirname, '..', '..', 'node_modules', '@ricky0123', 'vad-web', 'dist', 'silero_vad_v5.onnx');

describe('onnx infer, with inputs that messages do not carry', () => {
  const folder = temporaryFolder({
    'sum.onnx': sumModel(),
    'told.onnx': sumModel(),
    'told.json': JSON.stringify({ inputs: [{ name: 'state', state: 'next' }] }),
    'fixed.onnx': echoModel({ x: { type: 'float32', dims: ['n'] }, rate: { type: 'int64', dims: [] } }),
    'fixedTold.onnx': echoModel({ x: { type: 'float32', dims: ['n'] }, rate: { type: 'int64', dims: [] } }),
    'fixedTold.json': JSON.stringify({ inputs: [{ name: 'rate', value: 8000 }] }),
    'lstm.onnx': lstmModel(3, 4),
  });
  let flow: InferFlow;
  let stop = async () => {};
  const open = async (path: string, changes: Parameters<typeof startInfer>[2] = {}) => {
    await stop();
    flow = await startInfer(folder.path, path, changes);
    stop = flow.stop;
    return flow;
  };
  const ask = async (payload: unknown, more: object = {}) => {
    flow.send('infer', { payload, ...more });
    return flow.next('out', 10_000);
  };
  const values = ({ payload }: { payload: Tensor }) => Array.from(payload.data as Float32Array);
  afterEach(async () => {
    await stop();
    stop = async () => {};
  });
  after(() => folder.remove());

  describe('but an earlier output does', () => {
    const state = { input: 'state', source: 'state', from: 'next' };
    for (const [who, path, feeds] of [
      ['the dialog', 'sum.onnx', [state]],
      ['the manifest', 'told.onnx', []],
    ] as const) {
      it(`keeps the state of each topic apart, and says whether it is new: ${who} names it`, async () => {
        await open(path, { model: { feeds } });
        const run = async (x: number, topic?: string) => {
          const message = await ask([x, -x], { topic });
          return [values(message)[0], message.inference.state];
        };
        assert.deepEqual(await run(1, 'a'), [1, 'new']);
        assert.deepEqual(await run(10, 'b'), [10, 'new']);
        assert.deepEqual(await run(2, 'a'), [3, 'continued']);
        assert.deepEqual(await run(20, 'b'), [30, 'continued']);
        assert.deepEqual(await run(5), [5, 'new']);
      });
    }

    it('starts anew by command, for one topic or for all', async () => {
      const { send } = await open('sum.onnx', { model: { feeds: [state] } });
      const run = async (x: number, topic: string) => values(await ask([x, 0], { topic }))[0];
      for (const topic of ['a', 'b', 'c']) await run(1, topic);
      send('infer', { topic: 'a', command: { do: 'reset' } });
      assert.deepEqual([await run(1, 'a'), await run(1, 'b'), await run(1, 'c')], [1, 2, 2]);
      send('infer', { topic: 'a', command: { do: 'reset', all: true } });
      assert.deepEqual([await run(1, 'a'), await run(1, 'b'), await run(1, 'c')], [1, 1, 1]);
    });

    it('starts anew when its process was killed, and says so in the message', async () => {
      const { pid, status } = await open('sum.onnx', { model: { feeds: [state] } });
      await ask([1, 1], { topic: 'a' });
      process.kill(pid() as number, 'SIGKILL');
      await status('infer', ({ text }) => text === 'status.restarting');
      const first = await ask([5, 5], { topic: 'a' });
      assert.deepEqual([values(first)[0], first.inference.state], [5, 'reset']);
      const second = await ask([5, 5], { topic: 'a' });
      assert.deepEqual([values(second)[0], second.inference.state], [10, 'continued']);
      assert.equal((await ask([5, 5], { topic: 'b' })).inference.state, 'new');
    });

    it('lets a bad message leave the state as it is', async () => {
      const { send, next } = await open('sum.onnx', { model: { feeds: [state] } });
      await ask([1, 1]);
      send('infer', { payload: [1, 2, 3] });
      await next('caught');
      assert.deepEqual(values(await ask([1, 1])), [2, 2]);
    });

    it('runs an LSTM step by step as in one go', async () => {
      const random = seededRandom(7);
      const steps = Array.from({ length: 6 }, () => Array.from({ length: 3 }, () => random() - 0.5));
      const feeds = ['h', 'c'].map((name) => ({ input: name, source: 'state', from: `${name}_next` }));
      await open('lstm.onnx', { model: { feeds } });
      const whole = await ask(
        steps.map((step) => [step]),
        { topic: 'whole' },
      );
      assert.deepEqual(whole.payload.dims, [6, 1, 1, 4]);
      const single: number[] = [];
      for (const step of steps) single.push(...values(await ask([[step]], { topic: 'single' })));
      values(whole).forEach((value, index) => {
        assert.ok(Math.abs(value - (single[index] as number)) < 1e-6);
      });
      assert.ok(new Set(single.map((value) => value.toFixed(4))).size > 12, 'the steps differ');
    });

    it('runs Silero, which hears speech, as when each message carries the state itself', async () => {
      folder.write('silero.onnx', readFileSync(silero));
      const random = seededRandom(5);
      // A voice-like tone in the middle of noise, in frames of 512 samples at 16 kHz.
      const frames = Array.from({ length: 12 }, (_, frame) =>
        Float32Array.from({ length: 512 }, (_unused, index) => {
          const time = (frame * 512 + index) / 16_000;
          const loud = frame > 3 && frame < 9 ? 0.3 : 0;
          const voice = [1, 2, 3, 4, 5].reduce((sum, harmonic) => sum + Math.sin(2 * Math.PI * 140 * harmonic * time) / harmonic, 0);
          return loud * voice * (1 + Math.sin(2 * Math.PI * 4 * time)) + (random() - 0.5) * 0.01;
        }),
      );
      await open('silero.onnx');
      const expected: number[] = [];
      let carried: unknown = float32Tensor([2, 1, 128], new Float32Array(256));
      for (const input of frames) {
        const { payload } = await ask({ input, state: carried, sr: 16_000 });
        expected.push(payload.output.data[0]);
        carried = payload.stateN;
      }
      const feeds = [
        { input: 'state', source: 'state', from: 'stateN' },
        { input: 'sr', source: 'value', from: '16000' },
      ];
      await open('silero.onnx', { model: { feeds } });
      const heard: number[] = [];
      for (const payload of frames) heard.push(...values(await ask(payload)));
      assert.deepEqual(heard, expected);
      assert.ok(Math.max(...heard) > 2 * (heard[2] as number), 'it tells the tone from the noise');
    });
  });

  for (const [who, path, feeds, rate] of [
    ['the dialog', 'fixed.onnx', [{ input: 'rate', source: 'value', from: '16000' }], 16_000n],
    ['the manifest', 'fixedTold.onnx', [], 8000n],
    ['the dialog, whatever the manifest says', 'fixedTold.onnx', [{ input: 'rate', source: 'value', from: '44100' }], 44_100n],
  ] as const) {
    it(`gives an input the fixed value that ${who} names, and takes another from a message`, async () => {
      await open(path, { model: { feeds } });
      const { payload } = await ask([1, 2]);
      assert.deepEqual(payload.rate_out, { type: 'int64', dims: [], data: BigInt64Array.of(rate) });
      assert.deepEqual(payload.x_out.data, Float32Array.of(1, 2));
      assert.deepEqual((await ask({ x: [1], rate: 5 })).payload.rate_out.data, BigInt64Array.of(5n));
    });
  }

  for (const [what, feeds, message] of [
    ['an input that is not there', [{ input: 'speed', source: 'value', from: '1' }], /fixed inputs: expected one of x, rate, got speed/],
    ['a value that does not fit', [{ input: 'rate', source: 'value', from: 'fast' }], /input rate: .*expected a number, got "fast"/],
    [
      'an output that is not there',
      [{ input: 'rate', source: 'state', from: 'rate_next' }],
      /expected output to be one of x_out, rate_out, got rate_next/,
    ],
    ['an output of another type', [{ input: 'rate', source: 'state', from: 'x_out' }], /the type of x_out to be one of int64, got float32/],
  ] as const) {
    it(`says what is wrong with a feed that names ${what}`, async () => {
      const { send, next } = await open('fixed.onnx', { model: { feeds } });
      send('infer', { payload: [1] });
      assert.match((await next('caught')).error.message, message);
    });
  }
});
